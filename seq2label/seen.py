"""Which texts a checkpoint was trained and chosen on, so that it is not measured by them.

Kept in its metrics as hashes of the texts' beginnings, in one line of base64.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from seq2label.checkpoint import file_hash
from seq2label.examples import Pair, Split, beginning, split_by_product
from seq2label.exceptions import NotEnoughData

SEEN = "seen"  # the key in the metrics
SIZE = 8  # bytes of a hash

Hashes = frozenset[bytes]


def hashes_of(pairs: Iterable[Pair]) -> Hashes:
    texts = (beginning(side.text) for pair in pairs for side in (pair.a, pair.b))
    return frozenset(sha256(text.encode(errors="surrogatepass")).digest()[:SIZE] for text in texts if text)


def packed(split: Split) -> str:
    """Of what was trained and chosen on."""
    return b64encode(b"".join(sorted(hashes_of(split.train + split.validation)))).decode()


def seen_in(metrics: Mapping[str, Any]) -> Hashes:
    """Empty where the checkpoint is of a time when that was not noted."""
    joined = b64decode(metrics.get(SEEN, ""))
    return frozenset(joined[start : start + SIZE] for start in range(0, len(joined), SIZE))


def unseen(pairs: Iterable[Pair], seen: Hashes) -> tuple[Pair, ...]:
    return tuple(pair for pair in pairs if seen.isdisjoint(hashes_of([pair])))


def trained_split(file: Path, pairs: Sequence[Pair], metrics: Mapping[str, Any]) -> Split | None:
    """The parts of training, where these are the pairs of then: in any order, compressed or not."""
    try:
        split = split_by_product(pairs)
    except NotEnoughData:
        return None
    if SEEN in metrics:
        is_it = hashes_of(split.train + split.validation) == seen_in(metrics)
    else:
        is_it = file_hash(file) == metrics.get("pairs_sha256")
    return split if is_it else None
