"""The garbage collector of a process that answers pages."""

import gc


def settle() -> None:
    """Called when all is loaded that stays until the process ends.

    A collector that looks through it again and again, as every page makes some ten thousand objects, takes a
    tenth of the processor.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)
