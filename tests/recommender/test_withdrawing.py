"""Staff take a label off a product that its reviews do not say, and may give it back."""

import re
from collections.abc import Iterable

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from pytest_django import Settings

from recommender import patience, shelf, tag_memory
from recommender.models import ReviewLabel, TagCluster, WithdrawnLabel
from recommender.rebuilding import rebuild
from recommender.services import catch_up
from recommender.withdrawing import give_back, withdraw_tags
from shop.models import AuditEntry, Customer, Product
from tests.recommender.encoders import Renamed
from tests.recommender.taggers import VOCABULARY, WordTagger
from tests.shop.builders import a_category, a_customer, a_product, a_review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

TAGS = "/admin/recommender/tagcluster/"
TAKEN_OFF = "/admin/recommender/withdrawnlabel/"


@pytest.fixture(autouse=True)
def unhurried(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RECOMMENDER_PAGE_TIMEOUT_MS = settings.RECOMMENDER_ASK_TIMEOUT_MS = 60_000
    monkeypatch.setattr(patience, "_rests_until", 0.0)
    tag_memory.forget_all()


@pytest.fixture
def mints() -> Product:
    """Whose reviews say that they are crunchy, and seem to say that they smell of flowers."""
    shelf_of = a_category("Sweets", a_category(parent=a_category()))
    product = a_product("Xylitol mints", category=shelf_of)
    for body in ("crunchy and floral", "crunchy", "floral"):
        a_review(product, body=body)
    a_review(a_product("Rose tea", category=shelf_of), body="floral")
    for number in range(6):  # what few products have is worth saying
        a_review(a_product(f"Biscuit {number}", category=shelf_of), body="tasty")
    catch_up(tagger=WordTagger())
    return product


def tag_of(product: Product, label: str = "great aroma") -> TagCluster:
    return TagCluster.objects.get(product_id=product.pk, medoid_id=label)


def said_of(product: Product) -> tuple[list[str], list[str]]:
    """Its tags, in the shop and in the recommender."""
    clusters = TagCluster.objects.filter(product_id=product.pk).order_by("rank")
    return (
        list(product.tags.values_list("label", flat=True)),
        list(clusters.values_list("medoid_id", flat=True)),
    )


def take_off(*tags: TagCluster) -> int:
    return withdraw_tags(tags=tags, note="Nobody says so", actor_id=None)


def trail() -> list[tuple[str, int, str, str, str]]:
    rows = AuditEntry.objects.order_by("pk")
    return list(rows.values_list("kind", "target_id", "field", "before", "after"))


class TestWithdrawn:
    def test_it_is_gone_from_the_tags_at_the_next_turn_and_other_products_keep_it(
        self, mints: Product
    ) -> None:
        both = ["great aroma", "crunchy"]
        assert tuple(map(sorted, said_of(mints))) == (sorted(both), sorted(both))
        assert take_off(tag_of(mints)) == 1
        catch_up(tagger=WordTagger())
        assert said_of(mints) == (["crunchy"], ["crunchy"])
        assert said_of(Product.objects.get(name="Rose tea")) == (["great aroma"], ["great aroma"])

    def test_no_filter_reason_or_answer_says_it(self, mints: Product, client: Client) -> None:
        def filtered() -> str:
            address = f"/category/{mints.category_id}/?tag=great+aroma"
            return client.get(address).content.decode()

        def reasons() -> list[str]:
            """Beside another product, and in answer to a wish."""
            offers = (*shelf.four_alike(rose), *shelf.four_for("something with a great aroma").offers)
            return [str(offer.reason) for offer in offers if offer.product.pk == mints.pk]

        rose = Product.objects.get(name="Rose tea")
        assert "Xylitol mints" in filtered()
        assert reasons() == ["great aroma (2)", "great aroma (2)"]
        take_off(tag_of(mints))
        catch_up(tagger=WordTagger())
        assert "Xylitol mints" not in filtered()
        assert "Rose tea" in filtered()
        assert not [reason for reason in reasons() if "aroma" in reason]

    def test_it_stays_away_when_reviews_are_added_read_anew_and_embedded_anew(self, mints: Product) -> None:
        take_off(tag_of(mints))
        a_review(mints, body="floral")
        catch_up(tagger=WordTagger())
        assert said_of(mints) == (["crunchy"], ["crunchy"])
        catch_up(tagger=WordTagger(model_version="words-2"))
        assert ReviewLabel.objects.filter(product_id=mints.pk, label="great aroma").count() == 3
        assert said_of(mints) == (["crunchy"], ["crunchy"])
        rebuild(embedder=Renamed())
        assert said_of(mints) == (["crunchy"], ["crunchy"])

    def test_the_same_words_with_another_meaning_and_other_words_are_not_meant(self, mints: Product) -> None:
        take_off(tag_of(mints))
        turned = VOCABULARY | {"floral": ("great aroma", -1)}
        catch_up(tagger=WordTagger(vocabulary=turned, model_version="words-2"))
        assert sorted(said_of(mints)[0]) == ["crunchy", "great aroma"]
        take_off(tag_of(mints))
        renamed = VOCABULARY | {"floral": ("smells of flowers", -1)}
        catch_up(tagger=WordTagger(vocabulary=renamed, model_version="words-3"))
        assert sorted(said_of(mints)[0]) == ["crunchy", "smells of flowers"]

    def test_given_back_it_is_said_again(self, mints: Product) -> None:
        before = said_of(mints)
        take_off(tag_of(mints))
        catch_up(tagger=WordTagger())
        give_back(labels=WithdrawnLabel.objects.all(), actor_id=None)
        catch_up(tagger=WordTagger())
        assert said_of(mints) == before
        assert not WithdrawnLabel.objects.exists()

    def test_taking_it_off_twice_takes_it_off_once(self, mints: Product) -> None:
        tag = tag_of(mints)
        assert (take_off(tag), take_off(tag)) == (1, 0)
        assert trail() == [("tags", mints.pk, "tags", "great aroma", "")]

    def test_a_product_that_is_gone_takes_it_along(self, mints: Product) -> None:
        take_off(tag_of(mints))
        Product.objects.filter(pk=mints.pk).delete()
        catch_up(tagger=WordTagger())
        assert not WithdrawnLabel.objects.exists()


class TestAdmin:
    @pytest.fixture
    def desk(self, client: Client) -> Client:
        client.force_login(a_member("catalogue desk"))
        return client

    def test_the_catalogue_takes_a_tag_off_and_gives_it_back(self, desk: Client, mints: Product) -> None:
        tag = tag_of(mints)
        assert "Not said of this product" in desk.get(f"{TAGS}{tag.pk}/change/").content.decode()
        between = desk.post(TAGS, chosen(tag)).content.decode()
        assert "<b>Xylitol mints: great aroma</b>" in between
        assert not WithdrawnLabel.objects.exists()
        done = desk.post(TAGS, chosen(tag) | {"confirmed": "yes", "note": "It is mint"}, follow=True)
        assert "1 label is taken off; the worker makes the tags anew" in done.content.decode()
        row = WithdrawnLabel.objects.get()
        assert (row.product_id, row.label, row.polarity, row.note) == (
            mints.pk, "great aroma", 1, "It is mint"
        )  # fmt: skip
        listed = desk.get(f"{TAKEN_OFF}?q=Xylitol").content.decode()
        assert cells(listed, "product_name", "who", "note") == [
            "Xylitol mints",
            "catalogue-desk",
            "It is mint",
        ]
        desk.post(f"{TAKEN_OFF}{row.pk}/delete/", {"post": "yes"})
        assert not WithdrawnLabel.objects.exists()
        catch_up(tagger=WordTagger())
        assert "great aroma" in said_of(mints)[0]

    def test_several_are_given_back_at_once(self, desk: Client, mints: Product) -> None:
        take_off(tag_of(mints), tag_of(mints, "crunchy"))
        catch_up(tagger=WordTagger())
        assert said_of(mints) == ([], [])
        rows = list(WithdrawnLabel.objects.values_list("pk", flat=True))
        asked = {"action": "delete_selected", "_selected_action": rows, "post": "yes"}
        assert desk.post(TAKEN_OFF, asked).status_code == 302
        catch_up(tagger=WordTagger())
        assert sorted(said_of(mints)[0]) == ["crunchy", "great aroma"]

    def test_a_reason_is_asked_for(self, desk: Client, mints: Product) -> None:
        answer = desk.post(TAGS, chosen(tag_of(mints)) | {"confirmed": "yes", "note": " "})
        assert answer.status_code == 422
        assert "This field is required." in answer.content.decode()
        assert not WithdrawnLabel.objects.exists()

    def test_both_stand_in_the_products_trail(self, desk: Client, mints: Product) -> None:
        desk.post(TAGS, chosen(tag_of(mints)) | {"confirmed": "yes", "note": "It is mint"})
        desk.post(f"{TAKEN_OFF}{WithdrawnLabel.objects.get().pk}/delete/", {"post": "yes"})
        assert trail() == [
            ("tags", mints.pk, "tags", "great aroma", ""),
            ("tags", mints.pk, "tags", "", "great aroma"),
        ]
        assert set(AuditEntry.objects.values_list("actor__login_name", flat=True)) == {"catalogue-desk"}
        page = desk.get(f"/admin/shop/auditentry/?target_model=shop.product&target_id={mints.pk}")
        assert cells(page.content.decode(), "field_name") == ["Tags", "Tags"]
        assert cells(page.content.decode(), "value_before") == ["-", "great aroma"]

    def test_who_may_only_look_is_offered_nothing_and_changes_nothing(
        self, client: Client, mints: Product
    ) -> None:
        looking = a_member("catalogue desk")
        looking.groups.clear()
        looking.user_permissions.add(*rights("view_tagcluster"))
        client.force_login(looking)
        tag = tag_of(mints)
        assert "Not said of" not in client.get(f"{TAGS}{tag.pk}/change/").content.decode()
        client.post(TAGS, chosen(tag) | {"confirmed": "yes", "note": "It is mint"})
        assert client.get(TAKEN_OFF).status_code == 403
        assert not WithdrawnLabel.objects.exists()


def a_member(role: str) -> Customer:
    member = a_customer(role.replace(" ", "-"), is_staff=True)
    member.groups.add(Group.objects.get(name=role))
    return member


def rights(*codenames: str) -> Iterable[Permission]:
    return Permission.objects.filter(content_type__app_label="recommender", codename__in=codenames)


def chosen(tag: TagCluster) -> dict[str, object]:
    return {"action": "withdraw", "_selected_action": [tag.pk]}


def cells(page: str, *columns: str) -> list[str]:
    """What stands in these columns of a list, column by column."""
    return [
        cell
        for column in columns
        for cell in re.findall(rf'<td class="field-{column}[^"]*">(?:<[^>]+>)*([^<]*)', page)
    ]
