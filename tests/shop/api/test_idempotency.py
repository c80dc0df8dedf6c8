"""A write that is sent again under its key is answered again, and not done again."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from shop.exceptions import KeyInFlight
from shop.models import CartItem, Customer, IdempotencyKey, Order, Product
from shop.services import idempotency
from shop.services.forgetting import forget_old_data
from shop.services.idempotency import answering, claim_key, store_answer
from tests.shop.api.calls import Program
from tests.shop.builders import a_customer, a_delivery_rule, a_product, an_address

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


@pytest.fixture
def program(alice: Customer) -> Program:
    return Program(alice)


@pytest.fixture
def tea() -> Product:
    return a_product("Tea")


def added(program: Program, tea: Product, key: str, status: int = 201, quantity: int = 1) -> Any:
    return program.post("cart/items/", status, key, product_id=tea.pk, quantity=quantity)


def in_cart() -> list[int]:
    return list(CartItem.objects.order_by("pk").values_list("quantity", flat=True))


def test_without_a_key_a_second_request_is_a_second_one(program: Program, tea: Product) -> None:
    added(program, tea, "")
    added(program, tea, "")
    assert in_cart() == [2]
    assert IdempotencyKey.objects.count() == 0


def test_the_same_request_is_answered_as_it_was(program: Program, tea: Product) -> None:
    first = added(program, tea, "k1")
    Product.objects.update(name="Renamed")
    body = {"quantity": 1, "product_id": tea.pk}
    again = program.client.post("/api/v1/cart/items/", body, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (201, first, "true")
    assert in_cart() == [1]


def test_another_key_is_another_request_letter_for_letter(program: Program, tea: Product) -> None:
    for key in ("k1", "K1", "k1 x", "k" * 2000):
        added(program, tea, key)
    assert in_cart() == [4]


def test_another_body_under_the_same_key_is_refused(program: Program, tea: Product) -> None:
    added(program, tea, "k1")
    assert added(program, tea, "k1", 422, quantity=2) == {
        "code": "key_reused",
        "detail": "This key was sent with another request before: make up a new one.",
    }
    assert program.put(f"cart/items/{tea.pk}/", 422, "k1", quantity=1)["code"] == "key_reused"
    assert in_cart() == [1]


def test_two_customers_may_think_of_the_same_key(program: Program, tea: Product) -> None:
    added(program, tea, "k1")
    added(Program(a_customer("bob")), tea, "k1")
    assert in_cart() == [1, 1]


def test_a_refusal_is_an_answer_too(program: Program, tea: Product) -> None:
    refused = added(program, tea, "k1", 409, quantity=21)
    Product.objects.update(on_hand=100, limit_per_order=50)
    assert added(program, tea, "k1", 409, quantity=21) == refused
    assert in_cart() == []


def test_an_answer_without_words_is_given_again(program: Program, tea: Product) -> None:
    added(program, tea, "")
    path = f"cart/items/{tea.pk}/"
    assert program.delete(path, key="k1") is None
    added(program, tea, "")
    assert program.delete(path, key="k1") is None
    assert in_cart() == [1]


def test_an_order_is_answered_as_it_was_placed(program: Program, alice: Customer, tea: Product) -> None:
    a_delivery_rule()
    added(program, tea, "")
    decided = {"token": str(uuid4()), "address": an_address(alice).pk, "total": "15.00"}
    first = program.post("checkout/", 201, "k1", **decided)
    program.post(f"orders/{first['number']}/cancel/", 200, "k2")
    assert program.post("checkout/", 201, "k1", **decided) == first
    assert program.post("checkout/", 201, "", **decided)["status"] == -1
    assert Order.objects.count() == 1


def test_while_the_first_is_being_answered_the_second_is_told_to_wait(program: Program, tea: Product) -> None:
    added(program, tea, "k1")
    IdempotencyKey.objects.update(status=None, body=None)
    assert added(program, tea, "k1", 409)["code"] == "key_in_flight"
    assert added(program, tea, "k1", 422, quantity=2)["code"] == "key_reused"
    assert in_cart() == [1]


def test_a_claim_whose_process_died_is_taken_over_by_one(alice: Customer) -> None:
    dead = claim_key(customer=alice, key="k1", request_hash="h")
    IdempotencyKey.objects.update(started_at=timezone.now() - timedelta(minutes=3))
    heir = claim_key(customer=alice, key="k1", request_hash="h")
    assert (heir.pk, heir.is_answered) == (dead.pk, False)
    with pytest.raises(KeyInFlight):
        claim_key(customer=alice, key="k1", request_hash="h")


def put_in_and_answer(claim: IdempotencyKey, tea: Product) -> None:
    with answering(claim):
        CartItem.objects.create(customer=claim.customer, product=tea, quantity=1, price_seen=1)
        store_answer(claim=claim, status=201, body={})


def test_who_was_taken_for_dead_changes_nothing(alice: Customer, tea: Product) -> None:
    slow = claim_key(customer=alice, key="k1", request_hash="h")
    IdempotencyKey.objects.update(started_at=timezone.now() - timedelta(minutes=3))
    claim_key(customer=alice, key="k1", request_hash="h")
    with pytest.raises(KeyInFlight):
        put_in_and_answer(slow, tea)
    assert in_cart() == []
    assert IdempotencyKey.objects.count() == 1


def test_what_fails_leaves_nothing_behind_and_the_key_free(
    program: Program, tea: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr("shop.api.cart.cart_of", lambda customer: 1 / 0)
        body = {"product_id": tea.pk, "quantity": 1}
        failed = program.client.post("/api/v1/cart/items/", body, headers={"Idempotency-Key": "k1"})
    assert failed.status_code == 500
    assert in_cart() == []
    added(program, tea, "k1")
    assert in_cart() == [1]


def test_a_body_that_cannot_be_read_claims_no_key(program: Program) -> None:
    sent: dict[str, Any] = {"content_type": "application/json", "headers": {"Idempotency-Key": "k1"}}
    assert program.client.generic("POST", "/api/v1/cart/items/", "{", **sent).status_code == 400
    assert IdempotencyKey.objects.count() == 0


def test_a_guest_claims_no_key(tea: Product) -> None:
    added(Program(), tea, "k1", 401)
    assert IdempotencyKey.objects.count() == 0


def test_keys_are_forgotten_after_a_day(
    program: Program, tea: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "AT_ONCE", 2)
    for key in ("k1", "k2", "k3", "k4"):
        added(program, tea, key)
    newest = IdempotencyKey.objects.latest("pk")
    old = IdempotencyKey.objects.exclude(pk=newest.pk)
    old.update(started_at=timezone.now() - timedelta(hours=24, minutes=1))
    assert forget_old_data().idempotency_keys == 3
    assert IdempotencyKey.objects.get() == newest
    added(program, tea, "k1")
    assert in_cart() == [5]
