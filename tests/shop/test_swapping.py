"""What htmx asks for: parts of pages that say the same as the whole page, at the same address."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.models import CartItem, Product
from shop.models.content import SlotKind
from shop.services.cart import add_to_cart
from tests.shop.builders import a_customer, a_delivery_rule, a_product, a_review, a_shelf, a_slot, a_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

SWAP = {"HX-Request": "true"}


def swapped(client: Client, address: str) -> str:
    answer = client.get(address, headers=SWAP)
    assert answer.status_code == 200
    assert "HX-Request" in answer["Vary"]
    return answer.content.decode()


def without_token(html: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html)


def test_a_part_of_a_list_is_what_the_whole_page_holds(client: Client) -> None:
    shelf = a_shelf("Green tea")
    for number in range(30):
        a_tag(a_product(f"Sencha {number}", category=shelf, brand=f"Brand {number % 3}"), "fresh")
    for address in (
        "/search/",
        "/search/?q=sencha&tag=fresh&brand=Brand+1&sort=price",
        "/search/?q=sencha&page=2",
        "/search/?q=nothing-like-it",
        shelf.get_absolute_url(),
        f"{shelf.get_absolute_url()}?stars=4",
    ):
        part, whole = swapped(client, address), client.get(address)
        assert part.startswith('<div id="results">')
        assert "<html" not in part
        assert part.strip() in whole.content.decode()
        assert "HX-Request" in whole["Vary"]


def test_going_back_opens_the_whole_page(client: Client) -> None:
    restored = client.get("/search/", headers=SWAP | {"HX-History-Restore-Request": "true"})
    assert "<html" in restored.content.decode()


@pytest.mark.parametrize("rows", [3, 26])
def test_a_part_asks_no_more_than_its_page(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    shelf = a_shelf()
    for number in range(rows):
        a_review(a_product(f"Sencha {number}", category=shelf))
    with django_assert_num_queries(6):
        swapped(client, "/search/?q=sencha")


def press(client: Client, product: Product, verb: str = "add", **sent: object) -> str:
    answer = client.post(f"/cart/{product.pk}/{verb}/", {"quantity": 1} | sent, headers=SWAP)
    assert answer.status_code == 200
    return without_token(answer.content.decode())


@pytest.mark.parametrize("is_guest", [True, False])
def test_a_stepper_answers_with_itself_the_cart_and_what_was_done(client: Client, is_guest: bool) -> None:
    if not is_guest:
        client.force_login(a_customer())
    product = a_product("Sencha")
    first = press(client, product)
    assert f'<p class="stepper of-{product.pk}" hx-swap-oob="innerHTML:.of-{product.pk}"' in first
    assert 'aria-label="One Sencha fewer"' in first
    assert "Cart <b>1</b>" in first
    assert '<p id="said" hx-swap-oob="innerHTML">Added to your cart.</p>' in first
    second = press(client, product)
    assert f'<b hx-swap-oob="innerHTML:.pieces-{product.pk}">2</b>' in second
    assert 'class="stepper' not in second  # its buttons stay, with whatever is being pressed on them
    assert "Cart <b>2</b>" in second
    press(client, product, "take")
    last = press(client, product, "take")
    assert 'aria-label="Add Sencha to the cart"' in last
    assert "Taken out of your cart." in last
    assert "Cart <b>" not in last


def test_a_refusal_stands_at_its_stepper_and_is_said(client: Client) -> None:
    product = a_product("Sencha", on_hand=1)
    press(client, product)
    refused = press(client, product)
    sentence = "Sencha: you asked for 2, but only 1 is left."
    assert f'<span class="error">{sentence}</span></p>' in refused
    assert f'<p id="said" hx-swap-oob="innerHTML">{sentence}</p>' in refused
    assert f'<b class="pieces-{product.pk}">1</b>' in refused
    assert client.post("/cart/999/add/", {"quantity": 1}, headers=SWAP).status_code == 404
    assert 'class="error"' in press(client, product, quantity=-3)
    assert client.session["cart"][str(product.pk)][0] == 1


def test_a_stepper_asks_the_same_however_full_the_cart_is(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice, product = a_customer(), a_product()
    for _ in range(8):
        add_to_cart(customer=alice, product_id=a_product().pk, quantity=1)
    client.force_login(alice)
    press(client, product)
    with django_assert_num_queries(15):
        press(client, product)


def test_a_product_on_several_shelves_has_an_id_on_each_and_is_gone_back_to(client: Client) -> None:
    shelf = a_shelf()
    product, *others = [a_product(f"Sencha {number}", category=shelf) for number in range(4)]
    for each in (product, *others):
        a_review(each)
    for kind in (SlotKind.HOT, SlotKind.NEW):
        a_slot(kind, product)
    page = client.get("/").content.decode()
    ids = re.findall(r' id="([\w-]+)"', page)
    assert len(ids) == len(set(ids))
    assert [one for one in ids if one.endswith(f"product-{product.pk}")] == [
        f"{name}-product-{product.pk}" for name in ("four", "hot", "new")
    ]
    assert f'formaction="/cart/{product.pk}/add/?shelf=new"' in page
    for named, place in (("new", "new-"), ("", ""), ("a%0Ab", ""), ('"', "")):
        answer = client.post(f"/cart/{product.pk}/add/?shelf={named}", {"quantity": 1, "next": "/"})
        assert answer["Location"] == f"/#{place}product-{product.pk}"


def test_the_cart_changes_in_its_place(client: Client) -> None:
    alice, product, other = a_customer(), a_product("Sencha"), a_product("Rice")
    a_delivery_rule()
    for each in (product, other):
        add_to_cart(customer=alice, product_id=each.pk, quantity=2)
    client.force_login(alice)
    changed = client.post(f"/cart/{product.pk}/quantity/", {"quantity": 5}, headers=SWAP, follow=True)
    part = changed.content.decode()
    assert part.startswith('<div id="basket">')
    assert "¥10.00 × 5 = <strong>¥50.00</strong>" in part
    assert "Cart <b>7</b>" in part
    assert '<p id="said" hx-swap-oob="innerHTML">Your cart is up to date. </p>' in part
    emptied = client.post(f"/cart/{product.pk}/remove/", headers=SWAP, follow=True).content.decode()
    assert "Sencha" not in emptied
    assert CartItem.objects.get().product == other
    assert "Taken out of your cart." in emptied
    assert "Taken out of your cart." not in client.get("/cart/").content.decode()


def suggested(client: Client, typed: str) -> list[str]:
    answer = client.get("/search/suggestions/", {"q": typed}, headers=SWAP)
    assert answer.status_code == 200
    return re.findall(r'<a href="/product/\d+/">([^<]+?) ?(?=<)', answer.content.decode())


def test_suggestions_come_as_one_types(client: Client) -> None:
    a_product("Green tea", name_zh="绿茶")
    a_product("Tea biscuits", selling_price=None)
    a_product("Tea", on_hand=0)
    a_product("Old tea", is_on_sale=False)
    assert suggested(client, "te") == ["Tea biscuits", "Green tea"]
    assert suggested(client, "绿") == ["Green tea"]
    assert suggested(client, "t") == []
    assert suggested(client, "") == []
    page = client.get("/search/suggestions/?q=tea").content.decode()
    assert '<p id="said" hx-swap-oob="innerHTML">2 suggestions</p>' in page
    assert '<a href="/search/?q=tea">All that is found for “tea”</a>' in page
    assert 'innerHTML"></p>' in client.get("/search/suggestions/?q=nothing").content.decode()
    assert "&lt;script&gt;" not in client.get("/search/suggestions/?q=<script>").content.decode()


def test_there_are_six_at_most_and_one_query_finds_them(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(9):
        a_product(f"Tea {number}")
    with django_assert_num_queries(1):
        assert len(suggested(client, "tea")) == 6


def test_the_script_is_the_published_one_and_evaluates_nothing(client: Client) -> None:
    script = (Path(settings.BASE_DIR) / "static" / "js" / "htmx.min.js").read_text()
    assert 'version:"2.0.11"' in script
    page = client.get("/").content.decode()
    for setting in ('"allowEval":false', '"includeIndicatorStyles":false', '"historyCacheSize":0'):
        assert setting in page
    assert '<script src="/static/js/htmx.min.js" defer></script>' in page
