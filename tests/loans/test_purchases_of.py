"""What the score reads of the shop: paid orders, and what became of them."""

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from loans.scoring import score_model
from shop.models import Order
from shop.selectors.purchases import Purchase, purchases_by_customer, purchases_of
from shop.services.orders import cancel_order, close_order
from shop.services.refunds import refund_order
from tests.shop.builders import a_customer, a_paid_order, a_product, a_shipped_order, an_order

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db
def test_a_paid_order_is_a_purchase_of_its_total_and_its_categories() -> None:
    alice = a_customer("alice")
    tea, soap = a_product(), a_product()
    order = a_paid_order(alice, tea, soap)
    assert purchases_of(alice) == [
        Purchase(
            order_id=order.number,
            at=order.paid_at,  # type: ignore[arg-type]
            value=Decimal("25.00"),
            categories=frozenset({str(tea.category_id), str(soap.category_id)}),
            outcome="kept",
        )
    ]


@pytest.mark.django_db
def test_what_was_not_paid_or_was_closed_by_the_shop_is_no_purchase() -> None:
    alice = a_customer("alice")
    an_order(alice)
    close_order(order=a_paid_order(alice), actor=alice)
    assert purchases_of(alice) == []


@pytest.mark.django_db
def test_a_cancelled_and_a_refunded_order_count_until_they_were_undone() -> None:
    alice = a_customer("alice")
    cancelled = a_paid_order(alice)
    cancel_order(order=cancelled, customer=alice)
    refunded = a_shipped_order(alice)
    refund_order(order=refunded, amount=refunded.total, reason="broken", actor=alice)
    assert [each.outcome for each in purchases_of(alice)] == ["cancelled", "refunded"]
    assert [each.undone_at for each in purchases_of(alice)] == [
        cancelled.events.get(status=-1).at,
        refunded.refunds.get().decided_at,
    ]


@pytest.mark.django_db
def test_a_refund_of_a_part_leaves_a_purchase_and_hiding_an_order_hides_nothing() -> None:
    alice = a_customer("alice")
    order = a_shipped_order(alice)
    refund_order(order=order, amount=Decimal("1.00"), reason="a dent", actor=alice)
    Order.objects.update(is_deleted=True)
    assert [(each.outcome, each.value) for each in purchases_of(alice)] == [("kept", order.total)]


@pytest.mark.django_db
def test_all_customers_at_once_are_each_by_themselves() -> None:
    alice, bob = a_customer("alice"), a_customer("bob")
    for customer in (alice, bob, alice):
        a_paid_order(customer)
    assert dict(purchases_by_customer()) == {
        str(alice.pk): purchases_of(alice),
        str(bob.pk): purchases_of(bob),
    }
    assert len(purchases_of(alice)) == 2


@pytest.mark.django_db
def test_a_score_goes_by_what_was_known_at_its_instant() -> None:
    alice = a_customer("alice")
    order = a_paid_order(alice)
    before = timezone.now()
    cancel_order(order=order, customer=alice)
    purchases = purchases_of(alice)
    assert score_model().score(purchases, before).band == "thin"
    assert score_model().score(purchases, timezone.now()).band == "none"


@pytest.mark.django_db
def test_own_orders_of_a_few_days_are_too_few_and_the_model_stays(tmp_path: Path) -> None:
    a_paid_order(a_customer("alice"))
    with pytest.raises(CommandError, match=r"span 0 days, and 180 are needed: .*--purchases"):
        call_command("train_credit_score", own_orders=True, out=tmp_path, stdout=StringIO())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_own_orders_of_one_customer_are_too_few_whatever_they_span(tmp_path: Path) -> None:
    alice = a_customer("alice")
    order = a_paid_order(alice)
    Order.objects.filter(pk=order.pk).update(paid_at=timezone.now() - timedelta(days=200))
    with pytest.raises(CommandError, match=r"Too few orders to learn from: 1 customers"):
        call_command("train_credit_score", own_orders=True, out=tmp_path, stdout=StringIO())
    assert list(tmp_path.iterdir()) == []


def test_scoring_loads_neither_pandas_nor_scikit_learn(tmp_path: Path) -> None:
    asks = (
        "import django, sys; django.setup(); from loans.scoring import score_model; "
        "score_model(); print(sorted({'pandas', 'sklearn'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asks], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "VAR_DIR": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout == "[]\n", done.stderr
