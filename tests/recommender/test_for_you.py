"""Four for a shopper: by what they touched, each with a reason that is true, on a page that is whole."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.db import OperationalError, connections
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from recommender import impressions, patience, shelf, tag_memory, weights
from recommender.for_you import (
    WALKED,
    Candidate,
    ForYou,
    Kin,
    Parts,
    Ranked,
    Shopper,
    candidates,
    candidates_by,
    for_you,
    kindred,
    ranking,
    shopper_of,
    with_a_place_each,
)
from recommender.interactions import STRENGTHS
from recommender.interests import Kinships, weights_of
from recommender.learning import learn
from recommender.models import (
    DIMENSIONS,
    Impression,
    Label,
    Place,
    Placement,
    PlacementKind,
    ProductEntry,
    TagCluster,
)
from recommender.selectors import Placements, Reason, ReasonKind
from recommender.services import catch_up
from recommender.tag_memory import tags_of
from recommender.variety import varied
from recommender.weights import NOTHING
from shop.models import Customer, Order, Product, ProductView
from shop.selectors.history import Viewer
from shop.selectors.touched import Touch, TouchKind, touches_of
from shop.services.cart import add_to_cart
from shop.services.history import record_view
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_category, a_customer, a_paid_order, a_product, a_review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
KINDS = {
    "Green tea": ("floral", "Sencha", "Longjing", "Gyokuro", "Bancha", "Kabusecha", "Tamaryokucha"),
    "Crisps": ("crunchy", "Potato crisps", "Beet chips", "Rye thins", "Pea puffs", "Maize curls", "Pretzels"),
    "Bread": ("tasty", "Rye loaf", "Baguette", "Naan", "Focaccia", "Brioche", "Pita"),
}
# What tells the goods of a shelf apart: nearly the same ones stand at the end.
BRIEFS = (
    "From the hills, in a tin", "Salted by the sea", "A gift for the new year", "Ground by hand on stone",
    "For a long journey", "With a recipe of our grandmother",
)  # fmt: skip


@pytest.fixture(autouse=True)
def unhurried(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    settings.RECOMMENDER_PAGE_TIMEOUT_MS = 60_000
    settings.BEHAVIOUR_DIR = tmp_path
    monkeypatch.setattr(patience, "_rests_until", 0.0)
    monkeypatch.setattr(impressions, "WRITING_MS", 60_000)
    monkeypatch.setattr(weights, "LOOK_AGAIN", 0.0)
    tag_memory.forget_all()
    yield
    tag_memory.forget_all()


@pytest.fixture
def goods() -> dict[str, Product]:
    """Three shelves of six, each of which reviews praise for another thing."""
    made = {}
    for name, (says, *products) in KINDS.items():
        # A name a builder counts up would be part of the texts, and move what is too much alike.
        shelf_of = a_category(name, a_category(f"{name} of all kinds", a_category(f"{name} and more")))
        for product, brief in zip(products, BRIEFS, strict=True):
            made[product] = a_product(product, category=shelf_of, brief=brief)
            a_review(made[product], body=says)
    catch_up(tagger=WordTagger())
    with connections["recommender"].cursor() as cursor:
        # As autovacuum does: after other tests the planner may expect thousands, and an approximate search,
        # whose index is full of the same goods that earlier tests rolled back.
        cursor.execute("REINDEX TABLE recommender_productentry")
        cursor.execute("ANALYZE recommender_productentry")
    return made


@pytest.fixture
def memory() -> Iterator[None]:
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "four-for-you"}
    with override_settings(CACHES=django_settings.CACHES | {"process": memory}):
        caches["process"].clear()
        yield
        caches["process"].clear()


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


def of(customer: Customer) -> list[Touch]:
    return touches_of(Viewer(customer_id=customer.pk))


def found_for(customer: Customer) -> list[str]:
    names = dict(Product.objects.values_list("pk", "name"))
    return [names[one.product_id] for one in for_you(of(customer))]


def looked_at(customer: Customer, *products: Product) -> None:
    for product in products:
        record_view(viewer=Viewer(customer_id=customer.pk), product=product)


def four_on(page: str) -> list[tuple[str, str]]:
    """Heading aside: names and reasons."""
    cards = (
        page.split('class="for-you"')[1]
        .split("</section>", maxsplit=1)[0]
        .split('<article class="card">')[1:]
    )
    return [
        (
            card.split("<h3>")[1].split("</a>")[0].rpartition(">")[2],
            re.sub("<[^>]*>", "", card.split('class="reason">')[1].split("</p>")[0]),
        )
        for card in cards
    ]


def home(client: Client) -> str:
    return client.get("/", headers=BROWSER).content.decode()


class TestFour:
    def test_what_reviews_praise_in_what_was_touched_comes_with_that_as_its_reason(
        self, goods: dict[str, Product], alice: Customer
    ) -> None:
        looked_at(alice, goods["Sencha"], goods["Longjing"])
        four = for_you(of(alice))[:4]
        assert {one.product_id for one in four} == {
            goods[name].pk for name in ("Gyokuro", "Bancha", "Kabusecha", "Tamaryokucha")
        }
        assert {one.reason for one in four} == {Reason(ReasonKind.TAG, "great aroma", 1)}

    def test_two_interests_both_have_a_say(self, goods: dict[str, Product], alice: Customer) -> None:
        teas = [goods[name] for name in ("Sencha", "Longjing", "Gyokuro")]
        looked_at(alice, *teas, *(goods[name] for name in ("Potato crisps", "Beet chips", "Rye thins")))
        shopper = shopper_of(of(alice))
        assert {frozenset(one.product_ids) for one in shopper.interests} == {
            frozenset(product.pk for product in teas),
            frozenset(goods[name].pk for name in ("Potato crisps", "Beet chips", "Rye thins")),
        }
        assert {one.parts.interest for one in for_you(of(alice))[:6]} == {0, 1}

    def test_a_purchase_counts_in_the_very_next_request(
        self, goods: dict[str, Product], alice: Customer
    ) -> None:
        looked_at(alice, goods["Sencha"])
        before = found_for(alice)
        assert before[0] in KINDS["Green tea"]
        a_paid_order(alice, goods["Pretzels"])
        after = found_for(alice)
        assert after[0] in KINDS["Crisps"]
        assert "Pretzels" not in after

    def test_the_reason_is_true_without_its_tag_the_product_scores_less(
        self, goods: dict[str, Product], alice: Customer
    ) -> None:
        looked_at(alice, goods["Sencha"], goods["Potato crisps"])
        before = {one.product_id: one for one in for_you(of(alice), limit=40)}
        told = before[goods["Gyokuro"].pk]
        assert told.reason.label == "great aroma"
        absolute = fit_of(alice, goods["Gyokuro"])
        TagCluster.objects.filter(product_id=goods["Sencha"].pk, medoid_id="great aroma").delete()
        tag_memory.forget_all()
        after = {one.product_id: one for one in for_you(of(alice), limit=40)}
        assert fit_of(alice, goods["Gyokuro"]) < absolute
        assert after[goods["Gyokuro"].pk].score < told.score
        assert after[goods["Gyokuro"].pk].reason.label != "great aroma"

    def test_what_is_in_mind_sold_out_or_withdrawn_is_not_shown(
        self, goods: dict[str, Product], alice: Customer
    ) -> None:
        looked_at(alice, goods["Sencha"])
        a_paid_order(alice, goods["Longjing"])
        add_to_cart(customer=alice, product_id=goods["Gyokuro"].pk, quantity=1)
        Product.objects.filter(pk=goods["Bancha"].pk).update(on_hand=0)
        Product.objects.filter(pk=goods["Kabusecha"].pk).update(is_on_sale=False)
        shown = shelf.four_for_you(of(alice), [])
        assert shown.is_theirs
        assert len(shown.offers) == 4
        left_out = {goods[name].pk for name in ("Sencha", "Longjing", "Gyokuro", "Bancha", "Kabusecha")}
        assert left_out.isdisjoint(offer.product.pk for offer in shown.offers)

    def test_a_new_price_is_shown_at_once(self, goods: dict[str, Product], alice: Customer) -> None:
        looked_at(alice, goods["Sencha"])
        first = shelf.four_for_you(of(alice), []).offers[0].product
        Product.objects.filter(pk=first.pk).update(selling_price="7.77")
        assert f"{shelf.four_for_you(of(alice), []).offers[0].product.selling_price}" == "7.77"

    def test_what_was_bought_long_ago_may_be_used_up(
        self, goods: dict[str, Product], alice: Customer
    ) -> None:
        order = a_paid_order(alice, goods["Longjing"])
        looked_at(alice, goods["Sencha"])
        assert goods["Longjing"].pk in shopper_of(of(alice)).without
        Order.objects.filter(pk=order.pk).update(paid_at=timezone.now() - timedelta(days=61))
        assert goods["Longjing"].pk not in shopper_of(of(alice)).without

    def test_nobody_is_told_by_what_the_recommender_does_not_know(self, alice: Customer) -> None:
        looked_at(alice, a_product("Just arrived"))
        assert for_you(of(alice)) == []

    def test_four_flavours_of_one_thing_do_not_fill_the_four(self) -> None:
        shelf_of = a_category("Jam", a_category(parent=a_category()))
        jams = [
            a_product(f"Grandmother's fruit spread in a jar, {flavour}", category=shelf_of)
            for flavour in ("strawberry", "strawberry, no seeds", "strawberries", "strawberry large")
        ]
        others = [a_product(name, category=shelf_of) for name in ("Rye loaf", "Butter", "Black tea", "Oats")]
        for product in (*jams, *others):
            a_review(product, body="floral")
        catch_up(tagger=WordTagger())
        everything = [product.pk for product in (*jams, *others)]
        found = candidates(Shopper({}, [], frozenset(), {}), everything)
        ranked = varied([some(product_id) for product_id in everything], found.same, len(everything))
        assert len({jam.pk for jam in jams}.intersection(one.product_id for one in ranked[:4])) == 1
        assert {one.product_id for one in ranked} == set(everything)

    def test_behaviour_of_others_counts_once_it_is_learnt(
        self, goods: dict[str, Product], alice: Customer
    ) -> None:
        a_paid_order(alice, goods["Sencha"])
        assert "Brioche" not in found_for(alice)[:4]
        Product.objects.update(on_hand=100)
        for number in range(25):
            a_paid_order(a_customer(f"shopper{number}"), goods["Sencha"], goods["Brioche"])
        assert learn().fitted is not None
        first = for_you(of(alice))[0]
        assert first.product_id == goods["Brioche"].pk
        assert first.parts.behaviour == 1.0
        assert first.reason.kind is ReasonKind.TOGETHER

    def test_each_interest_has_a_place_whatever_others_took_along(
        self, goods: dict[str, Product], alice: Customer
    ) -> None:
        Product.objects.update(on_hand=100)
        bread = [goods[name] for name in KINDS["Bread"][1:5]]
        for number in range(25):
            a_paid_order(a_customer(f"shopper{number}"), goods["Sencha"], goods["Pretzels"], *bread)
        assert learn().fitted is not None
        looked_at(alice, *(goods[name] for name in ("Sencha", "Longjing", "Pretzels", "Pea puffs")))
        four = found_for(alice)[:4]
        assert [sum(name in KINDS[kind] for name in four) for kind in KINDS] == [1, 1, 2]
        assert {one.parts.interest for one in for_you(of(alice))[:4]} == {0, 1}

    @pytest.mark.parametrize(("closeness", "first"), [(0.75, "Gyokuro"), (0.65, "Baguette")])
    def test_of_two_that_are_nearly_as_good_the_one_with_a_tag_worth_naming_stands_first(
        self, goods: dict[str, Product], alice: Customer, closeness: float, first: str
    ) -> None:
        for name in ("Sencha", *KINDS["Crisps"][1:]):
            a_review(goods[name], body="tasty")  # as nearly everything is
        catch_up(tagger=WordTagger())
        looked_at(alice, goods["Sencha"])
        two = [
            Candidate(goods[name].pk, 1, [similarity])
            for name, similarity in (("Gyokuro", closeness), ("Baguette", 0.8))
        ]
        ranked = ranking(shopper_of(of(alice)), two, NOTHING, np.zeros(0, np.float32))
        assert ranked[0].product_id == goods[first].pk


@pytest.mark.parametrize(
    ("is_good", "pinned", "order"),
    [
        (True, (), [1, 2, 3, 6, 4, 5]),
        (False, (), [1, 2, 3, 4, 5, 6]),  # nothing is good enough for the second interest
        (True, (1, 2), [1, 2, 3, 6, 4, 5]),
        (True, (1, 2, 3, 4, 5), [1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_place_is_for_what_is_good_for_the_interest_and_behind_what_is_pinned(
    is_good: bool, pinned: tuple[int, ...], order: list[int]
) -> None:
    ranked = [ranked_as(number, interest=0, is_good=number == 3) for number in range(1, 6)]
    ranked.append(ranked_as(6, interest=1, is_good=is_good))
    assert [one.product_id for one in with_a_place_each(ranked, pinned)] == order


def ranked_as(product_id: int, interest: int, *, is_good: bool) -> Ranked:
    return Ranked(product_id, 1.0 / product_id, (0.0, 0.0, 0.0, 0.0), Kin(1.0, 1.0, interest), is_good)


def fit_of(customer: Customer, product: Product) -> float:
    """How well the product fits the shopper's interests, beside no other product."""
    shopper = shopper_of(of(customer))
    found = candidates(shopper, [])
    [one] = [one for one in found.candidates if one.product_id == product.pk]
    return kindred(Kinships(shopper.interests), one, tags_of({one.product_id: one.revision})[product.pk]).fit


def some(product_id: int) -> ForYou:
    return ForYou(product_id, 1.0, Reason(ReasonKind.MEANING), Parts(0.0, 0.0, 0.0, 0.0, None))


class TestHome:
    def test_a_shopper_with_a_history_sees_four_with_reasons_that_lead_to_reviews(
        self, client: Client, goods: dict[str, Product], alice: Customer
    ) -> None:
        looked_at(alice, goods["Sencha"])
        client.force_login(alice)
        page = home(client)
        assert "Four for you" in page
        four = four_on(page)
        assert len(four) == 4
        assert four[0][1] == "Like what you chose: “great aroma”, says 1 review"
        named = goods[four[0][0]]
        evidence = rf'href="{named.get_absolute_url()}\?from=[\w-]+&amp;tag=great\+aroma#reviews"'
        assert re.search(evidence, page)

    def test_a_guest_is_known_by_what_their_session_looked_at_and_carries(
        self, client: Client, goods: dict[str, Product]
    ) -> None:
        home(client)
        client.cookies["csrftoken"] = "x"
        client.get(goods["Sencha"].get_absolute_url(), headers=BROWSER)
        assert ProductView.objects.exists()
        assert {name for name, _ in four_on(home(client))} <= set(KINDS["Green tea"])

    def test_a_guests_cart_counts(self, client: Client, goods: dict[str, Product]) -> None:
        session = client.session
        session["cart"] = {str(goods["Pretzels"].pk): [1, "10.00"]}
        session.save()
        page = home(client)
        assert "Four for you" in page
        assert four_on(page)[0][0] in KINDS["Crisps"]

    def test_who_is_new_begins_with_the_favourites_of_the_departments(
        self, client: Client, goods: dict[str, Product]
    ) -> None:
        for name, stars in (("Baguette", 5), ("Beet chips", 4), ("Bancha", 5), ("Bancha", 5)):
            a_review(goods[name], stars=stars)
        client.force_login(a_customer("new"))
        page = home(client)
        assert "Four to begin with" in page
        assert four_on(page)[:3] == [
            ("Bancha", "Among the most loved here"),
            ("Baguette", "Among the most loved here"),
            ("Beet chips", "Among the most loved here"),
        ]
        assert len(four_on(page)) == 4
        rest = page.split('id="popular-heading"')[1].split("</section>")[0]
        assert "Bancha" not in rest

    def test_a_shop_without_products_has_no_four(self, client: Client) -> None:
        assert 'class="for-you"' not in home(client)

    @pytest.mark.parametrize("touched", [1, 5])
    def test_it_makes_eight_queries_at_most_however_much_was_touched(
        self,
        client: Client,
        goods: dict[str, Product],
        alice: Customer,
        django_assert_num_queries: DjangoAssertNumQueries,
        touched: int,
    ) -> None:
        looked_at(alice, *list(goods.values())[:touched])
        client.force_login(alice)
        with django_assert_num_queries(8):
            assert "Four for you" in home(client)

    def test_where_the_recommender_is_down_or_slow_the_page_is_whole(
        self,
        client: Client,
        goods: dict[str, Product],
        alice: Customer,
        monkeypatch: pytest.MonkeyPatch,
        settings: Settings,
    ) -> None:
        looked_at(alice, goods["Sencha"])
        client.force_login(alice)

        def down(*args: object, **options: object) -> None:
            raise OperationalError("connection refused")

        with monkeypatch.context() as patched:
            patched.setattr(shelf, "for_you", down)
            page = home(client)
            assert "Four to begin with" in page
            assert len(four_on(page)) == 4
        monkeypatch.setattr(patience, "_rests_until", 0.0)
        settings.RECOMMENDER_PAGE_TIMEOUT_MS = 1

        def slow(touches: list[Touch], placed: Placements) -> list[ForYou]:
            time.sleep(0.005)
            return for_you(touches, placed=placed)

        monkeypatch.setattr(shelf, "for_you", slow)
        assert "Four to begin with" in home(client)

    def test_what_was_shown_is_kept_with_what_its_score_is_made_of(
        self, client: Client, goods: dict[str, Product], alice: Customer
    ) -> None:
        looked_at(alice, goods["Sencha"])
        client.force_login(alice)
        home(client)
        [impression] = Impression.objects.all()
        assert (impression.place, impression.customer_id) == (Place.FOR_YOU, alice.pk)
        assert not impression.is_fallback
        assert impression.parts[0] == {
            "behaviour": 0.0,
            "content": 1.0,
            "shopper": 0.0,
            "product": 0.0,
            "interest": 0,
            "is_pinned": False,
        }


def test_a_touch_fades_behind_those_that_say_more() -> None:
    now = timezone.now()
    touches = [
        Touch(TouchKind.VIEWED, 1, now),
        Touch(TouchKind.BOUGHT, 2, now),
        Touch(TouchKind.BOUGHT, 3, now),
        Touch(TouchKind.VIEWED, 3, now - timedelta(days=3)),
    ]
    found = weights_of(touches, STRENGTHS, now.timestamp())
    assert found == pytest.approx({1: 0.2 * 1.1, 2: 0.8**0.2 * 1.1, 3: 0.8**1.2 * 1.1})


def test_vectors_of_another_encoder_are_not_mixed_with_those_in_memory(
    goods: dict[str, Product], alice: Customer
) -> None:
    looked_at(alice, goods["Sencha"], goods["Potato crisps"])
    assert {one.parts.interest for one in for_you(of(alice))} == {0, 1}
    turned = [-1.0, *[0.0] * (DIMENSIONS - 1)]
    Label.objects.update(embedding=turned, model_version="another")
    ProductEntry.objects.update(model_version="another")
    assert {one.parts.interest for one in for_you(of(alice))} == {0}  # to it all labels mean the same


@pytest.mark.usefixtures("memory")
def test_what_reviews_say_since_it_was_met_counts_in_the_next_request(
    goods: dict[str, Product], alice: Customer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """A process keeps the tags of products, and asks with its one statement whether they are still those."""
    looked_at(alice, goods["Sencha"])
    assert {one.parts.interest for one in for_you(of(alice))} == {0}
    touches = of(alice)
    with django_assert_num_queries(1, using="recommender"):
        assert for_you(touches)[0].reason == Reason(ReasonKind.TAG, "great aroma", 1)
    review = goods["Sencha"].reviews.get()
    review.body = "crunchy"
    review.save()
    catch_up(tagger=WordTagger())
    assert "great aroma" not in {one.reason.label for one in for_you(touches)}
    ProductEntry.objects.filter(pk=goods["Sencha"].pk).delete()
    assert for_you(touches) == []


def test_an_index_that_is_walked_goes_on_past_what_is_left_out(goods: dict[str, Product]) -> None:
    """Its settings are made in the statement itself, and for it alone."""
    asked = {"touched": [goods["Sencha"].pk], "interests": [0], "without": [goods["Sencha"].pk], "named": []}
    with connections["recommender"].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(candidates_by(WALKED, near=12, ef=1), asked)
        assert len(cursor.fetchall()) == 1 + 1 + 12  # Sencha, the centre, and with one candidate at a time
        cursor.execute("SHOW hnsw.ef_search")
        assert cursor.fetchone() == ("1",)  # local to the transaction, which is the page's


@pytest.mark.usefixtures("memory")
def test_placements_are_asked_for_once_in_some_seconds(
    goods: dict[str, Product], alice: Customer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    looked_at(alice, goods["Sencha"])
    shown = shelf.four_for_you(of(alice), []).offers[0].product
    Placement.objects.create(product_id=shown.pk, kind=PlacementKind.HIDE)
    with django_assert_num_queries(0, using="recommender"):
        assert shown in [offer.product for offer in shelf.four_for_you(of(alice), []).offers]
    caches["process"].clear()  # five seconds later
    assert shown not in [offer.product for offer in shelf.four_for_you(of(alice), []).offers]


@pytest.mark.usefixtures("memory")
def test_the_same_touches_are_asked_about_once_and_a_new_one_at_once(
    goods: dict[str, Product], alice: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process that remembers, as in service; what is sold out goes at once, too, and what staff hide
    when the seconds are over for which placements are remembered."""
    asked: list[int] = []
    monkeypatch.setattr(shelf, "PLACED_SECONDS", 0)

    def counted(touches: list[Touch], **placed: Any) -> list[ForYou]:
        asked.append(len(touches))
        return for_you(touches, **placed)

    monkeypatch.setattr(shelf, "for_you", counted)
    looked_at(alice, goods["Sencha"])
    first = shelf.four_for_you(of(alice), [])
    assert shelf.four_for_you(of(alice), []) == first
    assert asked == [1]
    a_paid_order(alice, goods["Pretzels"])
    assert shelf.four_for_you(of(alice), []) != first
    assert asked == [1, 2]
    shown = shelf.four_for_you(of(alice), []).offers[0].product
    Placement.objects.create(product_id=shown.pk, kind=PlacementKind.HIDE)
    assert shown not in [offer.product for offer in shelf.four_for_you(of(alice), []).offers]
    assert asked == [1, 2, 2]
    gone = shelf.four_for_you(of(alice), []).offers[0].product
    Product.objects.filter(pk=gone.pk).update(is_on_sale=False)
    assert gone not in [offer.product for offer in shelf.four_for_you(of(alice), []).offers]
    assert asked == [1, 2, 2]
