"""What the worker tells staff of ledgers that do not agree."""

from collections.abc import Iterable
from decimal import Decimal

import pytest

from loans.models import Loan
from loans.tasks import reconcile as reconcile_loans
from shop.models import OutboxMessage, Product
from shop.services.reconciliation import Difference, report_differences
from shop.tasks import reconcile
from tests.loans.builders import a_loan, a_shopper
from tests.shop.builders import a_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def mails_to(address: str) -> list[tuple[str, str]]:
    messages = OutboxMessage.objects.filter(payload__to=address)
    return [(each.payload["subject"], each.payload["body"]) for each in messages]


def test_ledgers_that_agree_are_no_news() -> None:
    a_product()
    reconcile()
    assert mails_to("orders@localhost") == []


def test_the_order_desk_is_told_what_stock_does_not_agree() -> None:
    product = a_product(on_hand=20)
    Product.objects.update(on_hand=19)
    reconcile()
    body = f"product {product.pk}, on hand by movements: 19 is kept, 20 is proved"
    assert mails_to("orders@localhost") == [("The shop's ledgers: differences (1)", body)]


def test_the_loan_desk_is_told_what_loan_does_not_agree() -> None:
    loan = a_loan(a_shopper("alice"))
    reconcile_loans()
    assert [subject for subject, _ in mails_to("loans@localhost")] == []
    Loan.objects.update(principal_left=Decimal("299.00"))
    reconcile_loans()
    ((subject, body),) = mails_to("loans@localhost")
    assert subject == "The loan desk's ledger: differences (2)"
    assert f"loan {loan.number}, principal by its ledger: 299.00 is kept, 300.00 is proved" in body


def test_what_was_in_flight_is_not_told() -> None:
    looks = iter([[Difference("order 1", 1, 2), Difference("order 2", 1, 2)], [Difference("order 2", 1, 2)]])
    told: list[tuple[str, str]] = []

    def prove() -> Iterable[Difference]:
        return next(looks)

    assert report_differences(prove=prove, tell=lambda *mail: told.append(mail), what="Ledgers") == 1
    assert told == [("Ledgers: differences (1)", "order 2: 1 is kept, 2 is proved")]
