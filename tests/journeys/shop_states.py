"""Every page of the shop in every state that it can be in: rows for them, and their addresses."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from loans.services.ageing import age_loans
from shop.models import Coupon, Customer, Order, Product, ProductPicture
from shop.payments import Addresses
from shop.payments.sandbox import SandboxProvider
from shop.selectors.history import Viewer
from shop.services.cart import add_to_cart
from shop.services.history import record_view
from shop.services.orders import (
    cancel_order,
    close_order,
    complete_order,
    expire_order,
    pack_order,
    record_delivery,
    record_progress,
)
from shop.services.payments import record_callback
from shop.services.refunds import approve_refund, request_refund
from shop.services.reviews import reject_reviews
from tests.loans.builders import (
    a_decided,
    a_draft,
    a_loan,
    a_policy,
    a_repayment,
    a_shopper,
    an_offer,
    let_pass,
    pay,
)
from tests.shop.builders import (
    a_callback,
    a_coupon,
    a_customer,
    a_delivery_rule,
    a_held_coupon,
    a_paid_order,
    a_product,
    a_review,
    a_shelf,
    a_shipped_order,
    a_slide,
    a_slot,
    a_tag,
    an_address,
    an_announcement,
    an_order,
)

LONG = "An uncommonly long name of a tea from the slopes above Uji"
GUEST = ""


@dataclass
class States:
    """Addresses by who looks at them: a login name, or nobody."""

    customers: dict[str, Customer] = field(default_factory=dict)
    addresses: dict[str, list[str]] = field(default_factory=dict)

    def shows(self, name: str, *addresses: str) -> None:
        self.addresses.setdefault(name, []).extend(addresses)


def every_state() -> States:
    states = States()
    a_delivery_rule()
    products = some_products()
    for_guests(states, products)
    for name in ("alice", "bob", "carol", "dave"):
        states.customers[name] = a_customer(name, nickname=name.title(), email=f"{name}@example.org")
    with_orders(states, products["plain"])
    with_carts(states, products)
    with_an_account(states, products["plain"])
    with_loans(states)
    return states


def some_products() -> dict[str, Product]:
    shelf = a_shelf("Green tea")
    plain = a_product(LONG, category=shelf, brand="Uji", on_hand=500, brief="Grassy.", detail="Pick. Steam.",
                      original_price=Decimal("12.00"), quantity=Decimal(100), unit="g")  # fmt: skip
    for stars in (5, 4, 2):
        review = a_review(plain, stars=stars, title="As it should be", source_id=f"s{stars}")
        a_tag(plain, f"says {stars}", review, share=stars / 10, rank=5 - stars)
    return {
        "plain": plain,
        "few": a_product("Few left", category=shelf, on_hand=3, brand="Uji"),
        "pictured": with_pictures(a_product("Pictured", category=shelf, cover="products/none.webp")),
        "none": a_product("None there", category=shelf, on_hand=0),
        "gone": a_product("Gone", category=shelf, is_on_sale=False),
        "unpriced": a_product("Unpriced", selling_price=None),
        "dear": a_product("Dear", selling_price=Decimal("99.00")),
        **{f"other {n}": a_product(f"Other {n}", category=shelf, brand=f"Brand {n}") for n in range(26)},
    }


def with_pictures(product: Product) -> Product:
    for rank in range(2):
        ProductPicture.objects.create(product=product, picture="products/none.webp", alt="Leaves", rank=rank)
    return product


def for_guests(states: States, products: dict[str, Product]) -> None:
    news = an_announcement("Open on Sunday", body="<h3>From nine</h3><ul><li>till six</li></ul>")
    for title in ("Tea week", "Nut week"):
        a_slide(title)
    for kind in ("hot", "new", "recommended"):
        a_slot(kind, products["plain"])
    shelf = products["plain"].category.get_absolute_url()
    states.shows(
        GUEST, "/", shelf, f"{shelf}?brand=Uji&price=10-20&in_stock=1", f"{shelf}?brand=Uji&tag=bland",
        f"{shelf}?page=2", "/search/?q=nothing-like-it", "/search/?q=few+left", "/search/",
        *(product.get_absolute_url() for name, product in products.items() if "other" not in name),
        f"{products['plain'].get_absolute_url()}?tag=says+5&stars=5",
        "/cart/", "/login/", "/account/register/", "/account/password/forgotten/", "/account/password/sent/",
        "/announcements/", f"/announcements/{news.pk}/", "/account/history/", "/nowhere/",
        "/ask/", "/ask/?q=something+crunchy", "/ask/?q=qwer",
        "/account/password/new/x/y/",
    )  # fmt: skip


def with_orders(states: States, product: Product) -> None:
    """Alice has an order in each of the eight statuses, and a payment in each of its states."""
    alice = states.customers["alice"]
    an_address(alice, default_of=alice)
    failed, late = an_order(alice, product), an_order(alice, product)
    record_callback(callback=a_callback(failed, is_paid=False, callback_id="T1"))
    expire_order(order=late)
    record_callback(callback=a_callback(late, callback_id="T2"))  # no trade of the sandbox has this id
    paid, packed, sent, done = (a_paid_order(alice, product) for _ in range(4))
    pack_order(order=packed, actor=alice)
    sent, done = a_shipped_order(alice, product), a_shipped_order(alice, product)
    record_delivery(order=done)
    complete_order(order=done, actor=alice)
    record_progress(order=sent, text="Left Hangzhou")
    request_refund(order=sent, amount=Decimal("1.00"), reason="One was broken.")
    back = request_refund(order=done, amount=Decimal("2.00"), reason="Two were.")
    approve_refund(refund=back, actor=alice)
    cancelled, closed = an_order(alice, product), an_order(alice, product)
    cancel_order(order=cancelled, customer=alice)
    close_order(order=closed, actor=alice)
    orders = [an_order(alice, product), failed, late, paid, packed, sent, done, cancelled, closed]
    states.shows("alice", "/orders/", *(order.get_absolute_url() for order in orders))
    states.shows("alice", *(f"{order.get_absolute_url()}pay/" for order in (orders[0], failed, late, paid)))
    states.shows("alice", f"{orders[0].get_absolute_url()}pay/?back=1")
    addresses = Addresses(back="http://localhost/", notify="http://localhost/")
    states.shows("alice", SandboxProvider().page_address(orders[0], addresses))
    assert {order.status for order in Order.objects.all()} == {0, 1, 2, 3, 4, -1, -2, -3}


def with_carts(states: States, products: dict[str, Product]) -> None:
    """Bob's can be ordered; Carol has no address yet, Dave is locked; Alice's has every problem."""
    fine = [products["plain"], products["other 1"]]
    for name, wanted in {
        "alice": [*fine, products["few"], products["dear"]],
        "bob": fine,
        "carol": fine,
        "dave": fine,
    }.items():
        for product in wanted:
            add_to_cart(customer=states.customers[name], product_id=product.pk, quantity=2)
    bob = states.customers["bob"]
    an_address(bob, default_of=bob, detail="A street of many letters, " * 4)
    a_held_coupon(bob, name_zh="满五百减三元", value=Decimal(3), minimum_spend=Decimal(500))
    a_held_coupon(bob, name_zh="减两元", value=Decimal(2))
    states.shows("bob", "/cart/", "/checkout/")
    states.shows("carol", "/checkout/", "/orders/", "/coupons/", "/account/reviews/", "/account/addresses/")
    Customer.objects.filter(login_name="dave").update(is_locked=True)
    states.shows("dave", "/account/", "/cart/", products["plain"].get_absolute_url())
    Product.objects.filter(pk=products["few"].pk).update(on_hand=1)
    Product.objects.filter(pk=products["dear"].pk).update(is_on_sale=False)
    states.shows("alice", "/cart/")
    states.shows("alice", "/checkout/")


def with_an_account(states: States, product: Product) -> None:
    alice = states.customers["alice"]
    a_coupon(name="For the taking", valid_until=timezone.now() + timedelta(days=3))
    own = a_review(product, customer=alice, stars=4, title="Mine", body="I keep buying it.")
    rejected = a_review(customer=alice, stars=1, body="Not kind.")
    reject_reviews(review_ids=[rejected.pk], reason="offensive", note="Be kind.")
    record_view(viewer=Viewer(customer_id=alice.pk), product=product)
    a_held_coupon(alice, name_zh="减三元")
    ticket = (urlsafe_base64_encode(force_bytes(alice.pk)), default_token_generator.make_token(alice))
    assert Coupon.objects.exists()
    states.shows(
        "alice", "/account/", "/account/profile/", "/account/addresses/", "/account/addresses/new/",
        f"/account/addresses/{alice.addresses.get().pk}/", "/coupons/", "/account/reviews/",
        f"/account/reviews/{own.pk}/", f"/account/reviews/{rejected.pk}/", "/account/history/",
        reverse("shop:new-password", args=ticket), "/account/password/", "/account/close/",
        product.get_absolute_url(),
    )  # fmt: skip


def with_loans(states: States) -> None:
    """Erin asks, Frank gets less and Grace nothing; Heidi can accept, Ivan is late, Judy is through."""
    a_policy()
    for name in ("erin", "frank", "grace", "heidi", "ivan", "judy"):
        states.customers[name] = a_shopper(name)
    erin, frank, grace, heidi, ivan, judy = (
        states.customers[name] for name in ("erin", "frank", "grace", "heidi", "ivan", "judy")
    )
    states.shows("carol", "/loans/", "/loans/consent/")
    states.shows("erin", f"/loans/applications/{a_draft(erin).number}/form/", "/loans/")
    less = a_decided(frank, "90000.00", 12)
    nothing = a_decided(grace, income="0.00", obligations=Decimal(0))
    states.shows("frank", f"/loans/applications/{less.number}/")
    states.shows("grace", f"/loans/applications/{nothing.number}/", "/loans/")
    offer = an_offer(heidi, "1500.00", 12)
    states.shows(
        "heidi", f"/loans/applications/{offer.application.number}/", f"/loans/offers/{offer.number}/"
    )
    late = a_loan(ivan, "1500.00", 12)
    pay(late)
    let_pass(late, 80)
    age_loans()
    waiting = a_repayment(late)
    states.shows(
        "ivan", "/loans/", f"/loans/lent/{late.number}/", f"/loans/lent/{late.number}/statement/",
        f"/loans/repayments/{waiting.number}/", f"/loans/repayments/{waiting.number}/?back=1",
    )  # fmt: skip
    fresh, over = a_loan(judy), a_loan(judy)
    paid = pay(over, "payoff")
    states.shows(
        "judy", f"/loans/lent/{fresh.number}/", f"/loans/lent/{over.number}/",
        f"/loans/repayments/{paid.number}/", "/loans/score/",
    )  # fmt: skip
