"""One request sent many times at one instant, under one key, to two processes."""

import json
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection

import pytest

from shop.models import CartItem, Customer
from shop.services.tokens import issue_token
from tests.concurrency.conftest import Answer, Open, Servers, at_once, statuses
from tests.shop.builders import a_customer, a_product

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

TIMES = 12


def calls(servers: Servers, customer: Customer) -> list[Callable[[], Answer]]:
    """The same request, to put one piece into the cart, at each process in turn."""
    body = json.dumps({"product_id": a_product().pk, "quantity": 1})
    headers = {
        "Authorization": f"Token {issue_token(customer=customer).key}",
        "Content-Type": "application/json",
        "Idempotency-Key": "once",
    }
    return [partial(call, servers.ports[number % 2], body, headers) for number in range(TIMES)]


def call(port: int, body: str, headers: dict[str, str]) -> Answer:
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("POST", "/api/v1/cart/items/", body, headers)
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    return Answer(answer.status, "", text)


def test_it_is_done_once_and_every_answer_is_that_one_or_to_wait(servers: Servers) -> None:
    requests = calls(servers, a_customer())
    given = at_once(requests)
    assert set(statuses(given)) <= {201, 409}
    assert {answer.body for answer in given if answer.status == 201} == {requests[0]().body}
    assert {json.loads(answer.body)["code"] for answer in given if answer.status == 409} <= {"key_in_flight"}
    assert CartItem.objects.get().quantity == 1


def test_control_with_a_look_in_place_of_the_claim_it_is_done_more_than_once(open_without: Open) -> None:
    at_once(calls(open_without("claim of the key"), a_customer()))
    assert CartItem.objects.get().quantity > 1
