"""Taking one's data along, and closing the account."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from shop.models import Customer, Order, OrderAddress, Product, ProductView, Review
from shop.models.reviews import ReviewStatus
from shop.selectors.export import register
from shop.services.accounts import change_avatar
from shop.services.cart import add_to_cart
from shop.services.customers import lock_customers, unlock_customers
from shop.services.forgetting import forget_old_data
from shop.services.orders import complete_order, record_delivery
from shop.services.refunds import request_refund
from shop.services.tokens import issue_token
from tests.shop.builders import (
    PASSWORD,
    a_customer,
    a_held_coupon,
    a_product,
    a_review,
    a_shipped_order,
    an_address,
    an_order,
)
from tests.shop.test_avatars import a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

CLOSE = "/account/close/"


@pytest.fixture
def alice(client: Client, settings: Settings, tmp_path: Path) -> Customer:
    """Somebody of whom the shop knows all that it can."""
    settings.MEDIA_ROOT = tmp_path
    customer = a_customer("alice", nickname="Ali", signature="Tea first.", email="alice@example.org")
    an_address(customer, default_of=customer)
    a_review(a_product("Sencha"), customer=customer, body="Grassy.", stars=4)
    a_review(a_product("Honey"), customer=customer, body="Too sweet.", status="held")
    with (tmp_path / "me.png").open("w+b") as file:
        file.write(a_picture())
        file.seek(0)
        change_avatar(customer=customer, upload=file)
    client.force_login(customer)
    client.get("/")
    client.get(a_product("Rye bread").get_absolute_url())
    return customer


def test_the_export_holds_everything_and_nobody_elses(client: Client, alice: Customer) -> None:
    bob = a_customer("bob", email="bob@example.org")
    an_address(bob, receiver="Bob")
    a_review(a_product("Oats"), customer=bob)
    response = client.get("/account/export/")
    assert response["Content-Disposition"] == 'attachment; filename="larder-my-data.json"'
    assert "no-store" in response["Cache-Control"]
    data = response.json()
    assert sorted(data) == [
        "account_changes", "addresses", "browsing_history", "cart", "coupons", "loan_applications", "loans",
        "orders", "profile", "programs", "recommendations", "reviews",
    ]  # fmt: skip
    assert data["profile"]["email"] == "alice@example.org"
    assert data["profile"]["avatar_webp_base64"].startswith("UklGR")
    assert [(entry["receiver"], entry["is_default"]) for entry in data["addresses"]] == [("Alice", True)]
    assert [review["product_name"] for review in data["reviews"]] == ["Sencha", "Honey"]
    assert [view["product_name"] for view in data["browsing_history"]] == ["Rye bread"]
    assert "password" not in response.content.decode()
    assert "bob" not in response.content.decode().lower()


def test_the_export_holds_orders_coupons_and_the_cart(client: Client, alice: Customer) -> None:
    order = an_order(alice, a_product("Sencha tin"), coupon=a_held_coupon(alice))
    add_to_cart(customer=alice, product_id=a_product("Oats").pk, quantity=2)
    an_order(a_customer("bob"))
    data = client.get("/account/export/").json()
    assert [(row["number"], row["total"], row["items"]) for row in data["orders"]] == [
        (order.number, "12.00", [{"name": "Sencha tin", "price": "10.00", "quantity": 1}])
    ]
    assert [(row["coupon_name"], row["order_number"]) for row in data["coupons"]] == [
        ("Three off", order.number)
    ]
    assert [(row["product_name"], row["quantity"]) for row in data["cart"]] == [("Oats", 2)]


def test_an_order_comes_with_all_that_became_of_it(client: Client, alice: Customer) -> None:
    order = a_shipped_order(alice)
    record_delivery(order=order)
    request_refund(order=order, amount=Decimal("5.00"), reason="Broken")
    an_order(alice)
    sent, unpaid = client.get("/account/export/").json()["orders"]
    assert [event["status"] for event in sent["events"]] == [1, 2, 3]
    assert (sent["shipment"]["carrier"], sent["shipment"]["tracking_number"]) == ("SF", "SF1")
    assert [event["kind"] for event in sent["shipment"]["events"]] == ["handed-over", "delivered"]
    assert [(row["amount"], row["outcome"]) for row in sent["payments"]] == [("15.00", "accepted")]
    assert [(row["amount"], row["reason"]) for row in sent["refunds"]] == [("5.00", "Broken")]
    assert [unpaid[name] for name in ("events", "shipment", "payments", "refunds")] == [[], None, [], []]


def test_locks_and_programs_are_told_of_and_no_member_of_staff_is(client: Client, alice: Customer) -> None:
    staff = Customer.objects.create_superuser("charlie", PASSWORD)
    lock_customers(customer_ids=[alice.pk], actor_id=staff.pk)
    unlock_customers(customer_ids=[alice.pk], actor_id=staff.pk)
    alice.refresh_from_db()
    issue_token(customer=alice)
    client.force_login(alice)
    answer = client.get("/account/export/")
    data = answer.json()
    assert [(row["field"], row["before"], row["after"]) for row in data["account_changes"]] == [
        ("is_locked", "no", "yes"), ("is_locked", "yes", "no"),
    ]  # fmt: skip
    assert [sorted(row) for row in data["programs"]] == [["created_at", "expires_at"]]
    assert "charlie" not in answer.content.decode()


@pytest.mark.parametrize("orders", [1, 4])
def test_the_export_makes_the_same_queries_however_many_orders_there_are(
    client: Client, alice: Customer, django_assert_num_queries: DjangoAssertNumQueries, orders: int
) -> None:
    for _ in range(orders):
        a_shipped_order(alice)
    with django_assert_num_queries(17):
        client.get("/account/export/")


def test_other_rooms_add_what_they_hold(
    client: Client, alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.selectors.export._more", {})
    register("garden", lambda customer: [f"{customer.login_name}'s tree"])
    assert client.get("/account/export/").json()["garden"] == ["alice's tree"]


def test_a_closed_account_leaves_its_orders_and_no_cart(client: Client, alice: Customer) -> None:
    order = an_order(alice)
    add_to_cart(customer=alice, product_id=a_product("Oats").pk, quantity=2)
    client.post(CLOSE, {"password": PASSWORD})
    assert alice.cart_items.count() == 0
    assert Order.objects.get() == order


def test_a_closed_account_holds_no_person_and_its_sessions_are_over(
    client: Client, alice: Customer, tmp_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    elsewhere = Client()
    elsewhere.force_login(alice)
    alice.groups.add(Group.objects.get(name="support desk"))
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post(CLOSE, {"password": PASSWORD}, follow=True).content.decode()
    assert "Your account is closed." in page
    assert elsewhere.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 302
    closed = Customer.objects.get(pk=alice.pk)
    assert closed.login_name == f"closed#{alice.pk}"
    assert (closed.nickname, closed.signature, closed.email, str(closed.avatar)) == ("", "", None, "")
    assert (closed.is_deleted, closed.last_login, closed.groups.count()) == (True, None, 0)
    assert not closed.has_usable_password()
    assert closed.addresses.count() == 0
    assert ProductView.objects.count() == 0
    assert list((tmp_path / "avatars").iterdir()) == []


def test_an_order_keeps_its_receiver_until_it_is_over(client: Client, alice: Customer) -> None:
    over, on_its_way = a_shipped_order(alice), a_shipped_order(alice)
    complete_order(order=over, actor=alice)
    Order.objects.update(note="Ring twice")
    client.post(CLOSE, {"password": PASSWORD})
    kept = {order.pk: (order.address.receiver, order.note) for order in Order.objects.all()}
    assert kept == {over.pk: ("", ""), on_its_way.pk: ("Alice", "Ring twice")}
    over.refresh_from_db()
    assert (over.address.phone, over.address.detail, over.address.city) == ("", "", "杭州市")
    complete_order(order=on_its_way, actor=None)
    assert forget_old_data().receivers == 1
    assert set(OrderAddress.objects.values_list("receiver", "phone")) == {("", "")}


def test_the_login_name_and_the_email_are_free_again(client: Client, alice: Customer) -> None:
    client.post(CLOSE, {"password": PASSWORD})
    secret = "apricots-in-june"
    data = {"login_name": "alice", "email": "alice@example.org", "password1": secret, "password2": secret}
    assert client.post("/account/register/", data).status_code == 302
    assert Customer.objects.get(login_name="alice").pk != alice.pk


def test_reviews_stay_without_a_name(client: Client, alice: Customer) -> None:
    client.post(CLOSE, {"password": PASSWORD})
    product = Product.objects.get(name="Sencha")
    assert (product.review_count, product.stars_total) == (1, 4)
    page = client.get(product.get_absolute_url()).content.decode()
    assert "Grassy." in page
    assert "Former customer ·" in page
    assert "Ali" not in page


def test_or_reviews_go_too_and_the_counts_stay_true(client: Client, alice: Customer) -> None:
    client.post(CLOSE, {"password": PASSWORD, "remove_reviews": "on"})
    product = Product.objects.get(name="Sencha")
    assert (product.review_count, product.stars_total) == (0, 0)
    rows = Review.objects.values_list("status", "body", "author_name")
    assert list(rows) == [(ReviewStatus.WITHDRAWN, "", "")] * 2


@pytest.mark.parametrize("password", ["", "wrong"])
def test_without_the_password_nothing_is_closed(client: Client, alice: Customer, password: str) -> None:
    assert client.post(CLOSE, {"password": password}).status_code == 422
    alice.refresh_from_db()
    assert (alice.is_deleted, alice.nickname, alice.addresses.count()) == (False, "Ali", 1)
    assert client.get("/account/").status_code == 200


def test_an_account_does_not_close_by_get(client: Client, alice: Customer) -> None:
    assert client.get(CLOSE, {"password": PASSWORD}).status_code == 200
    alice.refresh_from_db()
    assert not alice.is_deleted
