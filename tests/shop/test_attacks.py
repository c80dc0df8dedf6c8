"""What a person could try: markup in every text, fields that no form has, what is another's, odd numbers."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from shop.models import (
    Address,
    Announcement,
    CarouselSlide,
    CartItem,
    Customer,
    CustomerCoupon,
    Order,
    Product,
    Review,
)
from shop.services.cart import add_to_cart
from tests.shop.api.calls import Program
from tests.shop.builders import (
    PASSWORD,
    a_buyer,
    a_customer,
    a_delivery_rule,
    a_held_coupon,
    a_paid_order,
    a_product,
    a_review,
    a_shelf,
    a_shipped_order,
    an_address,
    an_order,
)
from tests.shop.test_admin import fields_of
from tests.shop.test_content import an_upload, window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

MARKUP = "\"'></title></textarea><svg onload=alert(1)>"
ALIVE = re.compile(r"<svg onload|</textarea><svg|\"'>")
LINES: dict[str, Any] = {
    "receiver": "Alice", "phone": "13800000000", "province": "浙江省", "city": "杭州市",
    "district": "西湖区", "detail": "1 Lake Road",
}  # fmt: skip


@pytest.fixture(autouse=True)
def media(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def chief() -> Client:
    client = Client()
    client.force_login(Customer.objects.create_superuser("chief", PASSWORD))
    return client


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


@pytest.fixture
def shopper(client: Client, alice: Customer) -> Client:
    client.force_login(alice)
    return client


def harmless(client: Client, *addresses: str) -> None:
    """Each page shows the text, and as text alone."""
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        page = answer.content.decode()
        assert ALIVE.findall(page) == [], address
        assert "svg onload" in page, address


def sent(client: Client, address: str, /, **fields: Any) -> None:
    assert client.post(address, fields).status_code == 302


class TestMarkupIsOnlyText:
    def test_of_a_profile(self, shopper: Client, alice: Customer, chief: Client) -> None:
        product = a_product()
        a_review(product, customer=alice)
        sent(shopper, "/account/profile/", nickname=MARKUP, signature=MARKUP, email="")
        harmless(shopper, "/", "/account/", "/account/profile/", product.get_absolute_url())
        harmless(
            chief, "/admin/shop/customer/", f"/admin/shop/customer/{alice.pk}/change/", "/admin/shop/review/"
        )

    def test_of_a_review(self, client: Client, chief: Client) -> None:
        product = a_product()
        buyer = a_buyer(product, "bob")
        client.force_login(buyer)
        sent(client, f"{product.get_absolute_url()}reviews/", stars=5, title=MARKUP, body=MARKUP)
        review = Review.objects.get()
        harmless(client, product.get_absolute_url(), "/account/reviews/", f"/account/reviews/{review.pk}/")
        harmless(chief, "/admin/shop/review/", f"/admin/shop/review/{review.pk}/change/")
        chosen = {"action": "reject", "_selected_action": [review.pk]}
        asked = chief.post("/admin/shop/review/", chosen).content.decode()
        assert ALIVE.findall(asked) == []
        sent(chief, "/admin/shop/review/", **chosen, confirmed="yes", reason="other", note=MARKUP)
        harmless(client, "/account/reviews/", f"/account/reviews/{review.pk}/")

    def test_of_an_address_and_a_note(self, shopper: Client, alice: Customer, chief: Client) -> None:
        a_delivery_rule()
        sent(shopper, "/account/addresses/new/", **(LINES | {"receiver": MARKUP, "detail": MARKUP}))
        address = Address.objects.get()
        add_to_cart(customer=alice, product_id=a_product().pk, quantity=1)
        harmless(shopper, "/account/addresses/", f"/account/addresses/{address.pk}/", "/checkout/")
        decided = {"token": str(uuid4()), "address": address.pk, "total": "15.00", "note": MARKUP}
        sent(shopper, "/checkout/", **decided)
        order = Order.objects.get()
        harmless(shopper, order.get_absolute_url())
        Order.objects.update(status=1)
        harmless(chief, f"/admin/shop/order/{order.pk}/change/")
        for action in ("print_list", "ship"):
            chosen = {"action": action, "_selected_action": [order.pk]}
            page = chief.post("/admin/shop/order/", chosen).content.decode()
            assert "svg onload" in page
            assert ALIVE.findall(page) == []

    def test_of_a_reason_for_a_return(self, client: Client, chief: Client, alice: Customer) -> None:
        order = a_shipped_order(alice)
        client.force_login(alice)
        sent(client, f"{order.get_absolute_url()}return/", amount="1.00", reason=MARKUP)
        harmless(client, order.get_absolute_url())
        harmless(chief, "/admin/shop/refund/", f"/admin/shop/order/{order.pk}/change/")

    def test_of_a_product(self, client: Client, chief: Client) -> None:
        product = a_product(category=a_shelf())
        texts = dict.fromkeys(("name", "brief", "detail", "brand"), MARKUP)
        rich = f"<p onclick='x()'>Fine</p><script>alert(1)</script>{MARKUP}<a href='javascript:x()'>here</a>"
        address = f"/admin/shop/product/{product.pk}/change/"
        sent(chief, address, **fields_of(product, **texts, rich_detail=rich))
        shelf = product.category.get_absolute_url()
        harmless(
            client, product.get_absolute_url(), shelf, "/search/?sort=price", "/search/suggestions/?q=svg"
        )
        harmless(chief, "/admin/shop/product/", address, "/admin/shop/stockmovement/")
        page = client.get(product.get_absolute_url()).content.decode()
        for trace in ("alert(1)</script>", "onclick", "javascript:"):
            assert trace not in page
        assert '<div class="rich"><p>Fine</p>' in page

    def test_of_what_stands_on_the_home_page(self, client: Client, chief: Client) -> None:
        body = f"<p>Open</p><script>alert(1)</script>{MARKUP}"
        sent(chief, "/admin/shop/announcement/add/", title=MARKUP, body=body, **window())
        sent(
            chief, "/admin/shop/carouselslide/add/", title=MARKUP, link="/search/", rank=0,
            picture=an_upload(), **window(),
        )  # fmt: skip
        announcement, slide = Announcement.objects.get(), CarouselSlide.objects.get()
        harmless(client, "/", "/announcements/", announcement.get_absolute_url())
        harmless(
            chief, "/admin/shop/announcement/", f"/admin/shop/announcement/{announcement.pk}/change/",
            "/admin/shop/carouselslide/", f"/admin/shop/carouselslide/{slide.pk}/change/",
        )  # fmt: skip
        assert "alert(1)</script>" not in client.get(announcement.get_absolute_url()).content.decode()

    def test_of_what_is_asked_for(self, client: Client, chief: Client) -> None:
        a_product("Tea")
        for address in ("/search/", "/search/?sort=price", "/ask/", "/"):
            page = client.get(address, {"q": MARKUP, "tag": MARKUP, "brand": MARKUP, "next": MARKUP})
            assert ALIVE.findall(page.content.decode()) == []
        for address in ("/admin/shop/product/", "/admin/shop/auditentry/"):
            assert ALIVE.findall(chief.get(address, {"q": MARKUP}).content.decode()) == []
        assert ALIVE.findall(client.get("/nowhere/" + MARKUP).content.decode()) == []

    @pytest.mark.parametrize("link", ["javascript:alert(1)", "//evil.example", "/\\evil.example", "data:x"])
    def test_a_slide_leads_nowhere_that_runs(self, chief: Client, link: str) -> None:
        row = {"title": "Tea", "link": link, "rank": 0, "picture": an_upload()} | window()
        assert chief.post("/admin/shop/carouselslide/add/", row).status_code == 200
        assert CarouselSlide.objects.count() == 0


class TestNoFormTakesWhatItDoesNotOffer:
    RIGHTS = {"is_staff": "on", "is_superuser": "on", "is_locked": "", "is_deleted": "on", "groups": "1"}

    def test_of_rights(self, client: Client) -> None:
        opened = {"login_name": "eve", "password1": "apricots-in-june", "password2": "apricots-in-june"}
        sent(client, "/account/register/", **opened, **self.RIGHTS)
        Customer.objects.update(is_locked=True)
        sent(client, "/account/profile/", nickname="Eve", login_name="root", password="x", **self.RIGHTS)
        eve = Customer.objects.get()
        assert (eve.login_name, eve.nickname, eve.is_staff, eve.is_superuser) == ("eve", "Eve", False, False)
        assert (eve.is_locked, eve.is_deleted) == (True, False)
        assert eve.check_password("apricots-in-june")

    def test_of_an_address(self, shopper: Client, alice: Customer) -> None:
        bob = a_customer("bob")
        theirs = an_address(bob, default_of=bob)
        strange = {"customer": bob.pk, "default_of": bob.pk, "id": theirs.pk, "pk": theirs.pk}
        sent(shopper, "/account/addresses/new/", **LINES, **strange)
        assert Address.objects.get(customer=alice).default_of == alice
        theirs.refresh_from_db()
        assert (theirs.customer, theirs.default_of, theirs.receiver) == (bob, bob, "Alice")

    def test_of_a_review(self, client: Client) -> None:
        product = a_product()
        buyer = a_buyer(product)
        other = a_customer("bob")
        client.force_login(buyer)
        strange = {
            "status": "rejected", "helpful_votes": 99, "customer": other.pk, "author_name": "The shop",
            "source_id": "A1", "is_verified_purchase": "", "product": a_product().pk,
        }  # fmt: skip
        sent(client, f"{product.get_absolute_url()}reviews/", stars=1, body="Mine.", **strange)
        review = Review.objects.get()
        assert (review.customer, review.product, review.status) == (buyer, product, "published")
        assert (review.helpful_votes, review.source_id, review.author_name) == (0, None, "alice")

    def test_of_an_order_and_a_cart(self, shopper: Client, alice: Customer) -> None:
        a_delivery_rule()
        tea, address = a_product(), an_address(alice)
        sent(shopper, f"/cart/{tea.pk}/add/", quantity=2, price_seen="0.01", price="0.01", customer=99)
        assert CartItem.objects.get().price_seen == Decimal("10.00")
        decided = {"token": str(uuid4()), "address": address.pk, "total": "25.00"}
        strange = {
            "status": 1, "payment_status": 1, "paid_total": "25.00", "discount_total": "24.00",
            "delivery_fee": "0", "customer": 99, "number": "MINE",
        }  # fmt: skip
        sent(shopper, "/checkout/", **decided, **strange)
        order = Order.objects.get()
        assert (order.status, order.payment_status, order.paid_total) == (0, 0, Decimal(0))
        assert (order.discount_total, order.delivery_fee, order.total) == (
            Decimal(0),
            Decimal("5.00"),
            Decimal("25.00"),
        )
        assert order.customer == alice
        assert order.number != "MINE"

    def test_of_the_api(self, alice: Customer) -> None:
        program, tea = Program(alice), a_product()
        program.post("cart/items/", product_id=tea.pk, quantity=1, price_seen="0.01", customer=99)
        assert CartItem.objects.get().price_seen == Decimal("10.00")
        added = program.post("addresses/", **LINES, customer=99, id=99)
        assert Address.objects.get(pk=added["id"]).customer == alice
        a_shipped_order(alice, tea)
        path = f"products/{tea.pk}/reviews/"
        posted = program.post(path, stars=5, body="x", helpful_votes=9, author_name="The shop")
        assert (posted["helpful_votes"], posted["author_name"]) == (0, "alice")


Theirs = Callable[[Customer], str]


def bobs_order(bob: Customer) -> str:
    return an_order(bob).get_absolute_url()


def bobs_address(bob: Customer) -> str:
    return f"/account/addresses/{an_address(bob).pk}/"


def bobs_review(bob: Customer) -> str:
    return f"/account/reviews/{a_review(customer=bob).pk}/"


class TestWhatIsAnothersIsNotThere:
    @pytest.mark.parametrize(
        ("theirs", "act"),
        [
            (bobs_order, ""), (bobs_order, "cancel/"), (bobs_order, "receive/"), (bobs_order, "return/"),
            (bobs_order, "reorder/"), (bobs_order, "hide/"), (bobs_order, "pay/"),
            (bobs_order, "pay/sandbox/"), (bobs_order, "check/"),
            (bobs_address, ""), (bobs_address, "delete/"), (bobs_address, "default/"),
            (bobs_review, ""), (bobs_review, "delete/"),
        ],
    )  # fmt: skip
    def test_on_a_page(self, shopper: Client, theirs: Theirs, act: str) -> None:
        address = theirs(a_customer("bob"))
        before = rows()
        sends = shopper.get if act in ("", "pay/") else shopper.post
        assert sends(f"{address}{act}").status_code == 404
        assert rows() == before

    @pytest.mark.parametrize(
        ("verb", "path"),
        [
            ("get", "orders/{order}/"), ("post", "orders/{order}/cancel/"),
            ("post", "orders/{order}/receive/"), ("post", "orders/{order}/reorder/"),
            ("post", "orders/{order}/hide/"), ("post", "orders/{order}/return/"),
            ("get", "addresses/{address}/"), ("put", "addresses/{address}/"),
            ("delete", "addresses/{address}/"), ("get", "checkout/?address={address}"),
            ("get", "checkout/?coupon={coupon}"),
        ],
    )  # fmt: skip
    def test_in_the_api(self, alice: Customer, verb: str, path: str) -> None:
        bob = a_customer("bob")
        order, coupon = a_paid_order(bob), a_held_coupon(bob)
        address = an_address(bob)
        add_to_cart(customer=alice, product_id=a_product().pk, quantity=1)
        before = rows()
        asked = path.format(order=order.number, address=address.pk, coupon=coupon.pk)
        body = LINES if verb == "put" else {}
        refused = getattr(Program(alice), verb)(asked, 404, **body)
        assert refused["code"] == "not_found"
        assert rows() == before

    def test_a_cart_is_ones_own(self, shopper: Client, alice: Customer) -> None:
        bob, tea = a_customer("bob"), a_product()
        add_to_cart(customer=bob, product_id=tea.pk, quantity=3)
        for act in ("take", "remove", "quantity"):
            shopper.post(f"/cart/{tea.pk}/{act}/", {"quantity": 1})
        Program(alice).delete(f"cart/items/{tea.pk}/")
        assert CartItem.objects.get(customer=bob).quantity == 3
        assert Program(alice).get("cart/")["lines"] == []

    def test_a_coupon_is_ones_own(self, shopper: Client, alice: Customer) -> None:
        a_delivery_rule()
        theirs = a_held_coupon(a_customer("bob"))
        add_to_cart(customer=alice, product_id=a_product().pk, quantity=1)
        decided = {"token": str(uuid4()), "address": an_address(alice).pk, "total": "12.00"}
        shopper.post("/cart/coupon/", {"coupon": theirs.pk, "next": "/cart/"})
        assert "¥15.00" in shopper.get("/cart/").content.decode()
        answer = shopper.post("/checkout/", decided | {"coupon": theirs.pk})
        assert answer.status_code == 409
        assert CustomerCoupon.objects.get().used_on is None
        assert Order.objects.count() == 0


def rows() -> list[object]:
    """All of what is somebody's."""
    models = (Order, Address, Review, CustomerCoupon, CartItem)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


ODD = ["-1", "0", "-999999999999", "10000", "99999999999999999999", "1e3", "1.5", "NaN", "", "x", "１x"]


class TestOddNumbersChangeNothing:
    @pytest.mark.parametrize("quantity", ODD)
    def test_in_a_cart(self, shopper: Client, alice: Customer, quantity: str) -> None:
        tea = a_product()
        add_to_cart(customer=alice, product_id=tea.pk, quantity=2)
        for act in ("add", "take", "quantity"):
            assert shopper.post(f"/cart/{tea.pk}/{act}/", {"quantity": quantity}).status_code == 302
            swapped = {"HX-Request": "true"}
            shopper.post(f"/cart/{tea.pk}/{act}/", {"quantity": quantity}, headers=swapped)
        program = Program(alice)
        program.post("cart/items/", 422, product_id=tea.pk, quantity=quantity)
        program.put(f"cart/items/{tea.pk}/", 422, quantity=quantity)
        assert CartItem.objects.get().quantity == 2

    @pytest.mark.parametrize("amount", ["-1.00", "0", "0.001", "1e99", "NaN", "99999999999999"])
    def test_in_a_return(self, client: Client, alice: Customer, amount: str) -> None:
        order = a_shipped_order(alice)
        client.force_login(alice)
        address = f"{order.get_absolute_url()}return/"
        assert client.post(address, {"amount": amount, "reason": "x"}).status_code in (409, 422)
        assert order.refunds.count() == 0

    @pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999999", "1%00", "%2e%2e"])
    def test_in_an_address(self, client: Client, number: str) -> None:
        for address in (f"/product/{number}/", f"/category/{number}/", f"/api/v1/products/{number}/"):
            assert client.get(address).status_code == 404
        assert client.get(f"/search/?page={number}&stars={number}&department={number}").status_code == 200


EVIL = [
    "https://evil.example/", "//evil.example/", "/\\evil.example/", "http:///evil.example/",
    "javascript:alert(1)", " //evil.example", "https:evil.example", "/\t/evil.example",
]  # fmt: skip


class TestNobodyIsLedAway:
    @pytest.mark.parametrize("evil", EVIL)
    def test_by_next(self, client: Client, evil: str) -> None:
        tea, alice = a_product(), a_customer("alice")
        assert "evil" not in client.post(f"/cart/{tea.pk}/add/", {"quantity": 1, "next": evil})["Location"]
        assert "evil" not in client.post("/i18n/setlang/", {"language": "en", "next": evil})["Location"]
        entered = {"username": "alice", "password": PASSWORD, "next": evil}
        assert client.post("/login/", entered)["Location"] == "/"
        assert client.get("/login/", {"next": evil})["Location"] == "/"
        assert client.get("/account/register/", {"next": evil})["Location"] == "/"
        new = client.post("/account/addresses/new/", LINES | {"next": evil})
        assert new["Location"] == "/account/addresses/"
        assert "evil" not in client.post("/cart/coupon/", {"coupon": "", "next": evil})["Location"]
        assert alice.addresses.count() == 1


class TestASessionIsTakenFromNobody:
    def test_login_gives_it_a_new_key_and_logout_empties_it(self, client: Client) -> None:
        a_customer("alice")
        client.post(f"/cart/{a_product().pk}/add/", {"quantity": 1})
        before = client.session.session_key
        client.post("/login/", {"username": "alice", "password": PASSWORD})
        during = client.session.session_key
        assert before
        assert during not in (None, before)
        planted = Client()
        planted.cookies["sessionid"] = before
        assert planted.get("/account/").status_code == 302
        client.post("/logout/")
        planted.cookies["sessionid"] = during
        assert planted.get("/account/").status_code == 302

    def test_nor_does_registering_keep_it(self, client: Client) -> None:
        client.post(f"/cart/{a_product().pk}/add/", {"quantity": 1})
        before = client.session.session_key
        opened = {"login_name": "eve", "password1": "apricots-in-june", "password2": "apricots-in-june"}
        sent(client, "/account/register/", **opened)
        assert client.session.session_key != before

    @pytest.mark.parametrize(
        "address",
        ["/logout/", "/cart/1/add/", "/cart/1/remove/", "/account/history/erase/", "/account/avatar/remove/",
         "/account/addresses/1/delete/", "/account/reviews/1/delete/", "/orders/X/cancel/",
         "/orders/X/hide/", "/cart/coupon/", "/coupons/1/claim/"],
    )  # fmt: skip
    def test_and_no_link_changes_anything(self, shopper: Client, alice: Customer, address: str) -> None:
        assert shopper.get(address).status_code == 405
        assert Product.objects.count() == 0
