"""What staff pin and hide counts in the next query, and the admin says why a shopper got a product."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django.utils.timezone import get_current_timezone
from pytest_django import DjangoAssertNumQueries, Settings

from recommender import impressions, patience, shelf, tag_memory
from recommender.models import Impression, Place, Placement, PlacementKind
from recommender.selectors import Placements, ReasonKind, placements
from recommender.services import catch_up
from shop.models import Customer, Product
from shop.selectors import catalogue
from shop.selectors.history import Viewer
from shop.selectors.touched import Touch, touches_of
from shop.services.history import record_view
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_category, a_customer, a_product, a_review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


@pytest.fixture(autouse=True)
def unhurried(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.RECOMMENDER_PAGE_TIMEOUT_MS = settings.RECOMMENDER_ASK_TIMEOUT_MS = 60_000
    settings.BEHAVIOUR_DIR = tmp_path
    monkeypatch.setattr(patience, "_rests_until", 0.0)
    monkeypatch.setattr(impressions, "WRITING_MS", 60_000)
    monkeypatch.setattr(shelf, "_placed", Placements())
    tag_memory.forget_all()


@pytest.fixture
def teas() -> list[Product]:
    shelf_of = a_category("Green tea", a_category(parent=a_category()))
    made = [
        a_product(name, category=shelf_of) for name in ("Sencha", "Longjing", "Gyokuro", "Bancha", "Mate")
    ]
    made += [a_product(name, category=shelf_of) for name in ("Rooibos", "Assam")]
    for product in made:
        a_review(product, body="floral")
    catch_up(tagger=WordTagger())
    return made


@pytest.fixture
def back_room(client: Client) -> Client:
    client.force_login(Customer.objects.create_superuser("admin", "a-password-for-tests"))
    return client


def touched(product: Product) -> list[Touch]:
    alice = Customer.objects.filter(login_name="alice").first() or a_customer("alice")
    record_view(viewer=Viewer(customer_id=alice.pk), product=product)
    return touches_of(Viewer(customer_id=alice.pk))


def shown_for(touches: list[Touch]) -> list[int]:
    return [offer.product.pk for offer in shelf.four_for_you(touches, []).offers]


def place(product: Product, kind: PlacementKind, **fields: object) -> Placement:
    return Placement.objects.create(product_id=product.pk, kind=kind, **fields)


def form_of(product: Product, **fields: object) -> dict[str, object]:
    """As the admin sends it."""
    empty = {"product": product.pk, "kind": "pin", "until_0": "", "until_1": "", "note": ""}
    return empty | fields


class TestHidden:
    def test_it_is_in_no_four_from_the_next_query_on(self, teas: list[Product], settings: Settings) -> None:
        touches = touched(teas[0])
        gone = shown_for(touches)[0]
        hidden = Product.objects.get(pk=gone)
        caches["process"].clear()
        assert gone in shown_for(touches)
        place(hidden, PlacementKind.HIDE)
        assert gone not in shown_for(touches)
        assert gone not in [offer.product.pk for offer in shelf.four_alike(teas[0])]
        assert gone not in [offer.product.pk for offer in shelf.four_for("floral tea").offers]

    def test_what_a_process_kept_in_mind_is_hidden_too(
        self, teas: list[Product], settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """When the seconds are over for which placements are remembered."""
        monkeypatch.setattr(shelf, "PLACED_SECONDS", 0)
        settings.CACHES = settings.CACHES | {
            "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "placements"}
        }
        first = shelf.four_alike(teas[0])[0].product
        place(first, PlacementKind.HIDE)
        assert first.pk not in [offer.product.pk for offer in shelf.four_alike(teas[0])]
        caches["process"].clear()

    def test_it_does_not_stand_in_where_too_little_fits(self, teas: list[Product]) -> None:
        loved = catalogue.best_sellers(1)[0]
        strange = a_product("Just arrived")

        def shown() -> list[int]:
            guessed = shelf.four_for("asdf qwer").offers
            return [offer.product.pk for offer in (*shelf.four_alike(strange), *guessed)]

        assert shown().count(loved.pk) == 2
        place(loved, PlacementKind.HIDE)
        assert loved.pk not in shown()
        assert len(shown()) == 8

    def test_it_does_not_stand_in_for_somebody_new(self, teas: list[Product]) -> None:
        loved = list(Product.objects.order_by("pk"))
        assert shelf.four_for_you([], loved).offers[0].product.pk == loved[0].pk
        place(loved[0], PlacementKind.HIDE)
        assert shelf.four_for_you([], loved).offers[0].product.pk == loved[1].pk

    @pytest.mark.parametrize("also_placements", [False, True])
    def test_it_stays_hidden_where_the_database_is_slow_or_down(
        self, teas: list[Product], monkeypatch: pytest.MonkeyPatch, also_placements: bool
    ) -> None:
        """Those who ask for the rest too late, and for what staff decided, have what was known before."""
        loved = list(catalogue.best_sellers(8))
        place(loved[0], PlacementKind.HIDE)
        place(loved[5], PlacementKind.PIN)

        def down(*arguments: object, **options: object) -> None:
            raise OperationalError("connection refused")

        def shown() -> list[list[int]]:
            offers = [
                shelf.four_for_you(touched(teas[0]), loved).offers,
                shelf.four_alike(loved[1]),
                shelf.four_for("floral tea").offers,
            ]
            return [[offer.product.pk for offer in four] for four in offers]

        shown()
        for question in ("alike", "for_you", "asked_for", *["placements"] * also_placements):
            monkeypatch.setattr(shelf, question, down)
        fours = shown()
        assert [len(four) for four in fours] == [4, 4, 4]
        assert loved[0].pk not in {pk for four in fours for pk in four}
        assert fours[0][0] == loved[5].pk

    def test_it_is_back_when_its_time_is_over(self, teas: list[Product]) -> None:
        touches = touched(teas[0])
        first = shown_for(touches)[0]
        place(Product.objects.get(pk=first), PlacementKind.HIDE, until=timezone.now() - timedelta(seconds=1))
        assert shown_for(touches)[0] == first


class TestPinned:
    def test_it_stands_first_with_its_own_reason(self, teas: list[Product]) -> None:
        touches = touched(teas[0])
        last = shown_for(touches)[-1]
        place(Product.objects.get(pk=last), PlacementKind.PIN)
        first = shelf.four_for_you(touches, []).offers[0]
        assert (first.product.pk, first.reason.kind, first.reason.label) == (
            last, ReasonKind.TAG, "great aroma"
        )  # fmt: skip

    def test_what_has_nothing_in_common_is_there_because_it_was_chosen(self, teas: list[Product]) -> None:
        two = [a_product(name) for name in ("Scrubbing brush, large", "Scrubbing brush, larger")]
        catch_up(tagger=WordTagger())
        for brush in two:
            place(brush, PlacementKind.PIN)
        first, second, *_ = shelf.four_for_you(touched(teas[0]), []).offers
        assert {first.product.pk, second.product.pk} == {brush.pk for brush in two}
        assert {first.sentence, second.sentence} == {"Chosen by us"}

    def test_it_stands_first_for_somebody_new(self, teas: list[Product]) -> None:
        place(teas[5], PlacementKind.PIN)
        four = shelf.four_for_you([], teas)
        assert not four.is_theirs
        assert (four.offers[0].product.pk, four.offers[0].sentence) == (teas[5].pk, "Chosen by us")
        assert [offer.product.pk for offer in four.offers[1:]] == [tea.pk for tea in teas[:3]]

    def test_who_has_it_in_mind_or_finds_it_sold_out_does_not_see_it(self, teas: list[Product]) -> None:
        touches = touched(teas[0])
        place(teas[0], PlacementKind.PIN)
        assert teas[0].pk not in shown_for(touches)
        Placement.objects.all().delete()
        place(teas[5], PlacementKind.PIN)
        Product.objects.filter(pk=teas[5].pk).update(on_hand=0)
        assert teas[5].pk not in shown_for(touches)


class TestAdmin:
    def test_a_product_is_pinned_changed_and_released(self, back_room: Client, teas: list[Product]) -> None:
        form = {"product": teas[3].pk, "kind": "pin", "until_0": "", "until_1": "", "note": "Harvest week"}
        assert back_room.post("/admin/recommender/placement/add/", form).status_code == 302
        placement = Placement.objects.get()
        assert (placement.product_id, placement.kind, placement.note) == (teas[3].pk, "pin", "Harvest week")
        assert placement.decided_by == Customer.objects.get(login_name="admin").pk
        again = back_room.post("/admin/recommender/placement/add/", form)
        assert "There is a decision about this product already" in again.content.decode()
        address = f"/admin/recommender/placement/{teas[3].pk}"
        assert teas[3].name in back_room.get(f"{address}/change/").content.decode()
        back_room.post(f"{address}/change/", form | {"kind": "hide"})
        assert Placement.objects.get().kind == "hide"
        back_room.post(f"{address}/delete/", {"post": "yes"})
        assert not Placement.objects.exists()

    def test_a_time_that_is_over_is_refused_and_one_that_has_come_since_is_not(
        self, back_room: Client, teas: list[Product]
    ) -> None:
        past = form_of(teas[0], until_0="2020-01-01", until_1="00:00:00")
        answer = back_room.post("/admin/recommender/placement/add/", past)
        assert "That time is over: the decision would never count." in answer.content.decode()
        assert not Placement.objects.exists()
        place(teas[0], PlacementKind.PIN, until=datetime(2020, 1, 1, tzinfo=get_current_timezone()))
        address = f"/admin/recommender/placement/{teas[0].pk}/change/"
        assert back_room.post(address, past | {"note": "It was good"}).status_code == 302
        assert Placement.objects.get().note == "It was good"

    def test_what_is_over_is_marked_and_found(self, back_room: Client, teas: list[Product]) -> None:
        place(teas[0], PlacementKind.PIN, until=timezone.now() - timedelta(seconds=1))
        place(teas[1], PlacementKind.PIN, until=timezone.now() + timedelta(days=1))
        place(teas[2], PlacementKind.HIDE)
        over = back_room.get("/admin/recommender/placement/?state=over").content.decode()
        assert [tea.name for tea in teas if tea.name in over] == [teas[0].name]
        assert over.count('alt="False"') == 1
        current = back_room.get("/admin/recommender/placement/?state=now").content.decode()
        assert [tea.name for tea in teas if tea.name in current] == [teas[1].name, teas[2].name]
        assert current.count('alt="True"') == 2

    @pytest.mark.parametrize(
        ("kind", "on_hand", "warned"), [("pin", 0, True), ("pin", 5, False), ("hide", 0, False)]
    )
    def test_who_pins_what_is_sold_out_is_told(
        self, back_room: Client, teas: list[Product], kind: str, on_hand: int, warned: bool
    ) -> None:
        Product.objects.filter(pk=teas[0].pk).update(on_hand=on_hand)
        add = "/admin/recommender/placement/add/"
        page = back_room.post(add, form_of(teas[0], kind=kind), follow=True).content.decode()
        assert ("Sencha cannot be bought at the moment: nobody sees it until it can." in page) is warned
        assert Placement.objects.get().kind == kind

    def test_a_pin_moves_to_the_front_when_it_is_decided_anew_and_not_for_its_note(
        self, back_room: Client, teas: list[Product]
    ) -> None:
        first, second = teas[:2]
        for tea in (first, second):
            back_room.post("/admin/recommender/placement/add/", form_of(tea))
        address = f"/admin/recommender/placement/{first.pk}/change/"
        back_room.post(address, form_of(first, note="Harvest week"))
        assert Placement.objects.get(pk=first.pk).note == "Harvest week"
        assert placements().pinned == (second.pk, first.pk)
        back_room.post(address, form_of(first, until_0="2999-01-01", until_1="00:00:00"))
        assert placements().pinned == (first.pk, second.pk)

    @pytest.mark.parametrize("rows", [1, 5])
    def test_its_list_names_products_in_one_query(
        self,
        back_room: Client,
        teas: list[Product],
        rows: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for product in teas[:rows]:
            place(product, PlacementKind.PIN)
        with django_assert_num_queries(3):
            page = back_room.get("/admin/recommender/placement/").content.decode()
        assert all(product.name in page for product in teas[:rows])

    def test_it_says_why_a_shopper_got_a_product(self, client: Client, teas: list[Product]) -> None:
        touched(teas[0])
        client.force_login(Customer.objects.get(login_name="alice"))
        client.get("/", headers=BROWSER)
        impression = Impression.objects.get()
        assert impression.place == Place.FOR_YOU
        client.get(f"/product/{impression.product_ids[1]}/?from={impression.token.hex}", headers=BROWSER)
        client.force_login(Customer.objects.create_superuser("admin", "a-password-for-tests"))
        listed = client.get("/admin/recommender/impression/?q=alice&place=for-you").content.decode()
        assert f"/admin/recommender/impression/{impression.token}/change/" in listed
        assert "alice" in listed
        assert "0 impressions" in client.get("/admin/recommender/impression/?q=nobody").content.decode()
        assert (
            "1 impression"
            in client.get("/admin/recommender/impression/?q=LIC&place=for-you").content.decode()
        )
        page = client.get(f"/admin/recommender/impression/{impression.token}/change/").content.decode()
        assert "Like what you chose: “great aroma”, says 1 review" in page
        assert "from interest 1: behaviour 0.00 (trusted to 0 % for the shopper, to 0 %" in page
        assert page.count("<td>opened</td>") == 1
        alice = Customer.objects.get(login_name="alice")
        assert f'<a href="/admin/shop/customer/{alice.pk}/change/">alice</a>' in page
        profile = client.get(f"/admin/shop/customer/{alice.pk}/change/").content.decode()
        assert f'href="/admin/recommender/impression/?customer_id={alice.pk}"' in profile
        assert (
            f"/{impression.token}/"
            in client.get(f"/admin/recommender/impression/?customer_id={alice.pk}").content.decode()
        )

    @pytest.mark.parametrize(
        ("kinds", "said"),
        [
            (["tag", "shelf", "words", "meaning"], "No: all were recommended."),
            (["tag", "shelf", "words", "loved"], "The most loved product took 1 place: the recommender was"),
            (["loved"] * 4, "The most loved products took 4 places: the recommender was down, slow or knew"),
        ],
    )
    def test_it_says_how_many_places_the_most_loved_took(
        self, back_room: Client, teas: list[Product], kinds: list[str], said: str
    ) -> None:
        shown = Impression.objects.create(
            token=uuid4(), place=Place.ALIKE, product_ids=[tea.pk for tea in teas[:4]],
            reasons=[[kind, "", 0] for kind in kinds], is_fallback="loved" in kinds,
            shown_at=timezone.now(),
        )  # fmt: skip
        page = back_room.get(f"/admin/recommender/impression/{shown.pk}/change/").content.decode()
        assert said in page
        assert page.count("The most loved") == ("loved" in kinds)

    @pytest.mark.parametrize("is_new", [True, False])
    def test_it_says_that_staff_pinned_a_product(
        self, client: Client, teas: list[Product], is_new: bool
    ) -> None:
        place(teas[5], PlacementKind.PIN)
        if not is_new:
            touched(teas[0])
            client.force_login(Customer.objects.get(login_name="alice"))
        client.get("/", headers=BROWSER)
        impression = Impression.objects.get()
        client.force_login(Customer.objects.create_superuser("admin", "a-password-for-tests"))
        page = client.get(f"/admin/recommender/impression/{impression.token}/change/").content.decode()
        source = "not from what was touched" if is_new else "from interest 1"
        assert impression.product_ids[0] == teas[5].pk
        assert f"<td>pinned by staff, {source}: behaviour 0.00" in page
        assert page.count("pinned by staff") == 1

    def test_what_was_shown_cannot_be_changed(self, back_room: Client) -> None:
        assert back_room.get("/admin/recommender/impression/add/").status_code == 403
