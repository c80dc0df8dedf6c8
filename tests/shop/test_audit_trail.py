"""The audit trail: who changed a price, a stock, a status or a lock, and from what to what."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.exceptions import OrderMoved, StockAllocated, TrailKept
from shop.models import AuditEntry, Category, Customer, Product, Review
from shop.models.reviews import ReviewStatus
from shop.services.audit import record
from shop.services.catalogue import put_on_sale
from shop.services.customers import lock_customers, unlock_customers
from shop.services.orders import cancel_order, pack_order, ship_order
from shop.services.product_file import import_product_file
from shop.services.reviews import moderate_reviews, rewrite_review, withdraw_review
from shop.services.stock import adjust_stock
from tests.shop.builders import (
    PASSWORD,
    a_customer,
    a_paid_order,
    a_product,
    a_review,
    an_order,
)
from tests.shop.test_admin import fields_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

TRAIL = "/admin/shop/auditentry/"


@pytest.fixture
def staff() -> Customer:
    return Customer.objects.create_superuser("charlie", PASSWORD)


@pytest.fixture
def back_room(client: Client, staff: Customer) -> Client:
    client.force_login(staff)
    return client


def entered() -> list[tuple[str, str, str, str, str | None]]:
    """Oldest first: kind, field, before, after, and whose doing it was."""
    rows = AuditEntry.objects.order_by("pk").select_related("actor")
    return [
        (row.kind, row.field, row.before, row.after, row.actor.login_name if row.actor else None)
        for row in rows
    ]


def test_a_form_of_the_admin_enters_price_stock_and_sale_and_nothing_else(back_room: Client) -> None:
    product = a_product(on_hand=20, brand="Old")
    changed = {"selling_price": "8.50", "on_hand": 23, "is_on_sale": "", "brand": "New"}
    back_room.post(f"/admin/shop/product/{product.pk}/change/", fields_of(product, **changed))
    assert entered() == [
        ("price", "selling_price", "10.00", "8.50", "charlie"),
        ("sale", "is_on_sale", "yes", "no", "charlie"),
        ("stock", "on_hand", "20", "23", "charlie"),
    ]
    assert Product.objects.get().brand == "New"


def test_so_does_the_list_of_products(back_room: Client) -> None:
    product = a_product(on_hand=20)
    row = {"form-0-id": product.pk, "form-0-selling_price": "9.00", "form-0-on_hand": 20}
    whole = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-is_on_sale": "on", "_save": "Save"}
    back_room.post("/admin/shop/product/", row | whole)
    assert entered() == [("price", "selling_price", "10.00", "9.00", "charlie")]


def test_so_does_a_file(staff: Customer) -> None:
    product = a_product(sku="T1", on_hand=20)
    lines = "sku,selling_price,original_price,on_hand,is_on_sale\nT1,9.00,12.00,18,no\n"
    import_product_file(content=lines.encode(), actor_id=staff.pk, dry_run=True)
    assert entered() == []
    import_product_file(content=lines.encode(), actor_id=staff.pk, dry_run=False)
    assert entered() == [
        ("stock", "on_hand", "20", "18", "charlie"),
        ("price", "selling_price", "10.00", "9.00", "charlie"),
        ("price", "original_price", "", "12.00", "charlie"),
        ("sale", "is_on_sale", "yes", "no", "charlie"),
    ]
    assert {row.target_id for row in AuditEntry.objects.all()} == {product.pk}


def test_products_go_on_and_off_sale_many_at_once(back_room: Client) -> None:
    shown, hidden, other = a_product(), a_product(is_on_sale=False), a_product()
    chosen = {"action": "take_off_sale", "_selected_action": [shown.pk, hidden.pk]}
    answer = back_room.post("/admin/shop/product/", chosen, follow=True)
    assert "1 product is off sale now." in answer.content.decode()
    assert set(Product.objects.filter(is_on_sale=True)) == {other}
    back_room.post("/admin/shop/product/", chosen | {"action": "put_on_sale"})
    assert Product.objects.filter(is_on_sale=True).count() == 3
    rows = AuditEntry.objects.order_by("pk").values_list("target_id", "before", "after")
    assert list(rows) == [(shown.pk, "yes", "no"), (shown.pk, "no", "yes"), (hidden.pk, "no", "yes")]
    assert put_on_sale(product_ids=[shown.pk], is_on_sale=True, actor_id=None) == []
    assert AuditEntry.objects.count() == 3


def test_an_order_enters_each_of_its_moves_and_what_left_the_house(staff: Customer) -> None:
    alice = a_customer()
    order = a_paid_order(alice, a_product(on_hand=20), quantity=3)
    pack_order(order=order, actor=staff)
    ship_order(order=order, actor=staff, carrier="SF", tracking_number="SF1")
    assert entered() == [
        ("status", "status", "0", "1", None),
        ("status", "status", "1", "2", "charlie"),
        ("status", "status", "2", "3", "charlie"),
        ("stock", "on_hand", "20", "17", "charlie"),
    ]


def test_a_move_that_lost_enters_nothing() -> None:
    alice = a_customer()
    order = an_order(alice)
    cancel_order(order=order, customer=alice)
    with pytest.raises(OrderMoved):
        cancel_order(order=order, customer=alice)
    assert entered() == [("status", "status", "0", "-1", "alice")]


def test_stock_that_orders_hold_is_refused_without_an_entry() -> None:
    product = a_product(on_hand=5, allocated=4)
    with pytest.raises(StockAllocated):
        adjust_stock(product_id=product.pk, change=-2, actor_id=None)
    adjust_stock(product_id=product.pk, change=-1, actor_id=None)
    assert entered() == [("stock", "on_hand", "5", "4", None)]


def test_a_review_enters_what_staff_and_its_author_did_with_it(staff: Customer) -> None:
    alice = a_customer()
    review = a_review(customer=alice)
    moderate_reviews(review_ids=[review.pk], status=ReviewStatus.REJECTED, actor_id=staff.pk)
    moderate_reviews(review_ids=[review.pk], status=ReviewStatus.REJECTED, actor_id=staff.pk)
    rewrite_review(customer=alice, review_id=review.pk, stars=4, title="", body="Better.")
    withdraw_review(customer=alice, review_id=review.pk)
    assert entered() == [
        ("status", "status", "published", "rejected", "charlie"),
        ("status", "status", "rejected", "held", "alice"),
        ("status", "status", "held", "withdrawn", "alice"),
    ]


def test_a_lock_is_entered_once(staff: Customer) -> None:
    alice = a_customer()
    assert lock_customers(customer_ids=[alice.pk], actor_id=staff.pk) == [alice.pk]
    assert lock_customers(customer_ids=[alice.pk], actor_id=staff.pk) == []
    unlock_customers(customer_ids=[alice.pk], actor_id=staff.pk)
    assert entered() == [
        ("lock", "is_locked", "no", "yes", "charlie"),
        ("lock", "is_locked", "yes", "no", "charlie"),
    ]


def test_the_admin_says_who_locks(back_room: Client) -> None:
    alice = a_customer()
    back_room.post("/admin/shop/customer/", {"action": "lock", "_selected_action": [alice.pk]})
    assert entered() == [("lock", "is_locked", "no", "yes", "charlie")]


def test_other_rooms_enter_theirs_and_what_stays_the_same_is_nothing(staff: Customer) -> None:
    elsewhere = AuditEntry._meta.apps.get_model("auth.Group")(pk=7)
    record(actor=staff, target=elsewhere, field="status", before="applied", after="approved")
    record(actor=None, target=elsewhere, field="limit", before=None, after=Decimal(5000))
    record(actor=None, target=elsewhere, field="limit", before=Decimal("5.0"), after=Decimal("5.00"))
    assert entered() == [
        ("loan", "status", "applied", "approved", "charlie"),
        ("loan", "limit", "", "5000.00", None),
    ]


def test_an_entry_goes_with_its_change() -> None:
    product = a_product(on_hand=20)
    with transaction.atomic():
        adjust_stock(product_id=product.pk, change=1, actor_id=None)
        assert entered() == [("stock", "on_hand", "20", "21", None)]
        transaction.set_rollback(True)
    assert entered() == []
    assert Product.objects.get().on_hand == 20


def test_an_entry_is_never_changed_nor_deleted() -> None:
    record(actor=None, target=a_product(), field="on_hand", before=1, after=2)
    entry = AuditEntry.objects.get()
    entry.after = "3"
    for attempt in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(TrailKept):
            attempt()
    with pytest.raises(TrailKept):
        AuditEntry.objects.update(after="3")
    assert entered() == [("stock", "on_hand", "1", "2", None)]


def test_the_page_says_it_in_words_and_leads_to_the_object(back_room: Client, staff: Customer) -> None:
    order = a_paid_order(a_customer("alice"), a_product("Sencha", sku="T1"))
    pack_order(order=order, actor=staff)
    lock_customers(customer_ids=[order.customer_id])
    shown = back_room.get(TRAIL).content.decode()
    assert f'<a href="/admin/shop/order/{order.pk}/change/">{order.number}</a>' in shown
    for words in ("Awaiting payment", "Packed", "the shop itself", "charlie"):
        assert words in shown
    assert '<td class="field-value_before">no</td><td class="field-value_after">yes</td>' in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind__exact=stock", ["stock"]),
        ("kind__exact=status", ["status"]),
        ("by=customers", []),
        ("by=shop", ["status"]),
        ("q=T1", ["stock"]),
        ("q=alice", ["status"]),
        ("q=nothing-is-called-so", []),
    ],
)
def test_the_page_is_narrowed_and_searched(
    back_room: Client, staff: Customer, query: str, found: list[str]
) -> None:
    tea = a_product("Sencha", sku="T1")
    a_paid_order(a_customer("alice"))
    adjust_stock(product_id=tea.pk, change=2, actor_id=staff.pk)
    assert [row.kind for row in back_room.get(f"{TRAIL}?{query}").context["cl"].result_list] == found


def test_pages_of_objects_lead_to_their_part_of_the_trail(back_room: Client) -> None:
    order = a_paid_order(a_customer("alice"))
    review = a_review()
    for row in (order, review, review.product, order.customer):
        page = back_room.get(f"/admin/shop/{row._meta.model_name}/{row.pk}/change/").content.decode()
        address = f"{TRAIL}?target_model=shop.{row._meta.model_name}&amp;target_id={row.pk}"
        assert address in page
    listed = back_room.get(f"{TRAIL}?target_model=shop.order&target_id={order.pk}").context["cl"]
    assert [row.after for row in listed.result_list] == ["1"]
    assert back_room.get("/admin/shop/product/add/").status_code == 200


@pytest.mark.parametrize("rows", [2, 7])
def test_the_page_asks_the_same_however_long_it_is(
    back_room: Client, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for number in range(rows):
        product = a_product()
        adjust_stock(product_id=product.pk, change=1, actor_id=None)
        review = a_review(product)
        moderate_reviews(review_ids=[review.pk], status=ReviewStatus.HELD)
        lock_customers(customer_ids=[a_customer(f"customer-{number}").pk])
    with django_assert_num_queries(8):
        assert back_room.get(TRAIL).status_code == 200


def test_nobody_writes_it_by_hand_and_a_role_reads_its_own_part(client: Client, back_room: Client) -> None:
    adjust_stock(product_id=a_product().pk, change=1, actor_id=None)
    lock_customers(customer_ids=[a_customer("alice").pk])
    entry = AuditEntry.objects.get(kind="lock")
    assert back_room.get(f"{TRAIL}add/").status_code == 403
    assert back_room.post(f"{TRAIL}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert back_room.post(f"{TRAIL}{entry.pk}/change/", {"after": "no"}).status_code == 403
    member = a_customer("dora", is_staff=True)
    member.groups.add(Category._meta.apps.get_model("auth.Group").objects.get(name="catalogue desk"))
    client.force_login(member)
    assert [row.kind for row in client.get(TRAIL).context["cl"].result_list] == ["stock"]
    assert Review.objects.count() == 0
