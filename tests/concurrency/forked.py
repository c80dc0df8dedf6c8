"""`python -m tests.concurrency.forked`: pieces of Python that start at one instant, each in a process.

Reads them as a list of JSON, prints the list of what each printed. The processes are forked off one that has
loaded the shop and has no connection yet: loading it takes longer than most pieces do.
"""

import json
import sys
import time
from contextlib import redirect_stdout
from io import StringIO
from multiprocessing import get_context
from typing import Any

import django

django.setup()

from shop.models import Customer  # noqa: E402 (models need the application)

SECONDS = 60
FORK = get_context("fork")


def main() -> None:
    codes = json.load(sys.stdin)
    ready = FORK.Barrier(len(codes))
    printed = FORK.SimpleQueue()
    processes = [FORK.Process(target=attempt, args=(code, ready, printed)) for code in codes]
    for process in processes:
        process.start()
    for process in processes:
        process.join(SECONDS)
        if process.exitcode:
            sys.exit(f"a piece ended with {process.exitcode}")
    print(json.dumps([printed.get() for _ in codes]))


def attempt(code: str, ready: Any, printed: Any) -> None:
    Customer.objects.exists()  # connects
    ready.wait(SECONDS)
    said = StringIO()
    with redirect_stdout(said):
        exec(code, {"Customer": Customer, "time": time})  # noqa: S102 (the tests' own)
    printed.put(said.getvalue().strip())


if __name__ == "__main__":
    main()
