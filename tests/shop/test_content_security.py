"""The Content-Security-Policy: on every page, and no page breaks it."""

import re

import pytest
from django.test import Client

from shop.models import Customer
from tests.shop.builders import PASSWORD, a_product, a_review, a_tag, an_address, an_announcement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
DATA = 'type="application/ld\\+json"'  # a data block, which nothing runs
INLINE = re.compile(
    rf"<script(?![^>]*\ssrc=| {DATA}>)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
)

SHOP = [
    "/",
    "/search/?q=tea",
    "/search/?q=nothing-like-it",
    "/product/{product}/?posted=1",
    "/announcements/",
    "/announcements/{announcement}/",
    "/nowhere/",
    "/account/",
    "/account/profile/",
    "/account/addresses/",
    "/account/addresses/new/",
    "/account/addresses/{address}/",
    "/account/reviews/",
    "/account/reviews/{review}/",
    "/account/history/",
    "/loans/score/",
    "/cart/",
    "/api/v1/reference/",
    "/account/password/",
    "/account/close/",
]
GUESTS = ["/", "/login/", "/account/register/", "/account/password/forgotten/", "/account/password/sent/"]
ADMIN = [
    "/admin/",
    "/admin/shop/product/",
    "/admin/shop/product/{product}/change/",
    "/admin/shop/customer/",
    "/admin/shop/announcement/{announcement}/change/",
    "/admin/shop/carouselslide/add/",
    "/admin/shop/product/import/",
    "/admin/shop/auditentry/",
]


@pytest.mark.parametrize("address", [*SHOP, *ADMIN])
def test_a_page_sends_the_policy_and_has_nothing_inline(client: Client, address: str) -> None:
    alice = Customer.objects.create_superuser("alice", PASSWORD)
    review = a_review(a_product("Green tea"), customer=alice)
    a_tag(review.product, "fresh", review)
    rows = {"product": review.product_id, "review": review.pk, "address": an_address(alice).pk}
    rows["announcement"] = an_announcement(body="<p>Open.</p>").pk
    client.force_login(alice)
    check(client, address.format(**rows))


@pytest.mark.parametrize("address", GUESTS)
def test_so_does_a_page_for_guests(client: Client, address: str) -> None:
    check(client, address)


def check(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == (404 if address == "/nowhere/" else 200)
    assert set(response["Content-Security-Policy"].split("; ")) == POLICY
    assert INLINE.findall(response.content.decode()) == []


@pytest.mark.parametrize(
    "address",
    [
        "/account/register/",
        "/account/profile/",
        "/account/avatar/",
        "/account/avatar/remove/",
        "/account/addresses/new/",
        "/account/history/erase/",
        "/account/password/",
        "/account/password/forgotten/",
        "/account/close/",
        "/login/",
        "/logout/",
    ],
)
def test_no_form_is_taken_without_its_token(address: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(Customer.objects.create_user("alice", PASSWORD))
    response = strict.post(address, {"password": PASSWORD, "nickname": "Eve"})
    assert response.status_code == 403
    alice = Customer.objects.get()
    assert (alice.nickname, alice.is_deleted) == ("", False)
