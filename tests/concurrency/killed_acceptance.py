"""`python -m tests.concurrency.killed_acceptance`: an offer is accepted, and the process killed at a write.

At the first write, at the second, and so on, until an acceptance lives. Prints for each what was found
after the kill, and what a worker and the customer's second press made of it.
"""

import os
import signal
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import django

django.setup()

from django.db import connection, connections  # noqa: E402 (models need the application)

from loans.models import Application, LedgerEntry, Loan, Offer  # noqa: E402
from loans.services.lending import disburse_left_behind  # noqa: E402
from loans.services.reconciliation import loan_differences  # noqa: E402
from shop.models import CustomerCoupon  # noqa: E402
from tests.loans.builders import a_shopper, accepted, an_offer  # noqa: E402

WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT")


def main() -> None:
    for place in count(1):
        offer = an_offer(a_shopper(f"shopper-{place}", orders=2))
        was_killed = in_a_child(partial(accept_and_die, place, offer.pk))
        found = state(offer.pk)
        in_a_child(finish)
        in_a_child(partial(accept_again, offer.pk))
        print(place, "killed" if was_killed else "lived", found, state(offer.pk), flush=True)
        if not was_killed:
            return


def accept_and_die(place: int, offer_id: int) -> None:
    writes = count(1)

    def die_there(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.lstrip().upper().startswith(WRITES) and next(writes) == place:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, *rest)

    with connection.execute_wrapper(die_there):
        accepted(Offer.objects.get(pk=offer_id))


def accept_again(offer_id: int) -> None:
    accepted(Offer.objects.get(pk=offer_id))


def finish() -> None:
    disburse_left_behind()


def state(offer_id: int) -> str:
    """Loan, coupon, entries of the ledger, and whether all agree."""
    loan = Loan.objects.filter(offer=offer_id).first()
    coupons = CustomerCoupon.objects.filter(coupon__loan=loan).count() if loan else 0
    entries = LedgerEntry.objects.filter(loan=loan).count() if loan else 0
    application = Application.objects.get(offers=offer_id)
    agrees = "agree" if not list(loan_differences()) else "differ"
    return f"{application.status}/{loan.status if loan else '-'}/{coupons}/{entries}/{agrees}"


def in_a_child(work: Callable[[], object]) -> bool:
    """Whether it was killed."""
    connections.close_all()
    pid = os.fork()
    if not pid:
        work()
        connections.close_all()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    main()
