"""What single sentences say of a product finds it, and each is read once."""

import pytest
from pytest_django import Settings

from recommender.embedding import default_embedder
from recommender.models import Passage
from recommender.passages import split, told_by
from recommender.selectors import asked_for, intent_of
from recommender.services import catch_up
from shop.models import Product
from shop.models.reviews import ReviewStatus
from tests.recommender.encoders import Noting
from tests.recommender.taggers import WordTagger
from tests.shop.builders import a_product, a_review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture(autouse=True)
def as_many_as_in_service(settings: Settings) -> None:
    settings.RECOMMENDER_PASSAGES = 32


@pytest.fixture
def products() -> dict[str, Product]:
    """Four that differ by one sentence of one review."""
    names = ("Puffed squares", "Plain wafers", "Oval rusks", "Corn thins")
    found = {name: a_product(name) for name in names}
    for product in found.values():
        a_review(product, body="Arrived on a Tuesday. The bag is blue.")
    a_review(found["Oval rusks"], body="The bag is blue. We ate them at the campfire under the stars.")
    catch_up(tagger=WordTagger())
    return found


def test_one_sentence_of_one_review_brings_its_product_first(products: dict[str, Product]) -> None:
    found = asked_for(intent_of("sitting around the fire at night with a tent"))
    assert found[0].product_id == products["Oval rusks"].pk


@pytest.mark.usefixtures("products")
def test_sentences_are_compared_with_all_that_was_said() -> None:
    noting = Noting()
    asked_for(intent_of("Something for the campfire, under 20 yuan"), noting)
    assert noting.texts[0] == "Something for the campfire, under 20 yuan"


def test_the_nearest_sentence_counts(products: dict[str, Product]) -> None:
    embedder = default_embedder()
    vector = embedder.embed(["We ate them at the campfire under the stars."])[0]
    told = told_by(vector, [product.pk for product in products.values()], embedder.model_version)
    assert told[products["Oval rusks"].pk] == pytest.approx(1.0, abs=0.001)
    assert max(told, key=lambda pk: told[pk]) == products["Oval rusks"].pk
    assert told_by(vector, list(told), "another") == {}


def test_a_new_review_has_only_its_own_sentences_embedded(products: dict[str, Product]) -> None:
    a_review(products["Corn thins"], body="The bag is blue. Good under melted cheese.")
    noting = Noting()
    catch_up(tagger=WordTagger(), embedder=noting)
    assert noting.texts.count("Good under melted cheese.") == 1
    assert noting.texts.count("The bag is blue.") == 0


def test_sentences_of_a_withdrawn_review_are_forgotten(products: dict[str, Product]) -> None:
    rusks = products["Oval rusks"]
    before = Passage.objects.filter(product_id=rusks.pk).count()
    withdrawn = rusks.reviews.get(body__contains="campfire")
    withdrawn.status = ReviewStatus.REJECTED
    withdrawn.save(update_fields=("status", "changed_at"))
    catch_up(tagger=WordTagger())
    vector = default_embedder().embed(["We ate them at the campfire under the stars."])[0]
    assert told_by(vector, [rusks.pk], default_embedder().model_version)[rusks.pk] < 0.9
    assert Passage.objects.filter(product_id=rusks.pk).count() == before - 1


def test_a_text_is_split_at_its_ends_and_said_once() -> None:
    assert split("Crisp. Very crisp indeed!\n很脆。 Very crisp indeed! Is it? It is so.") == [
        "Very crisp indeed!",
        "Is it?",
        "It is so.",
    ]
    assert len(split(" ".join(f"Sentence number {n}." for n in range(100)))) == 32


def test_an_operator_may_do_without_them(settings: Settings) -> None:
    settings.RECOMMENDER_PASSAGES = 0
    rusks = a_product("Rusks", brief="Dry bread. Good for a picnic by the lake.")
    catch_up(tagger=WordTagger())
    assert not Passage.objects.exists()
    found = asked_for(intent_of("rusks"))
    assert [one.product_id for one in found] == [rusks.pk]
