"""A sentence in, four products out, each with its reason."""

import pytest
from django.db import connections
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from recommender import patience
from recommender.selectors import asked_for, intent_of
from recommender.services import catch_up
from shop.models import Product
from tests.recommender.taggers import VOCABULARY, WordTagger
from tests.shop.builders import a_category, a_product, a_review

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("english"),
]


@pytest.fixture(autouse=True)
def unhurried(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test machine may be slow; how long a page waits is another file's matter."""
    settings.RECOMMENDER_ASK_TIMEOUT_MS = settings.RECOMMENDER_PAGE_TIMEOUT_MS = 60_000
    monkeypatch.setattr(patience, "_rests_until", 0.0)


@pytest.fixture
def shelves() -> dict[str, Product]:
    """Six products; what their reviews say differs."""
    snacks = a_category("Snacks", a_category(parent=a_category()))
    teas = a_category("Green tea", a_category("Tea", a_category()), name_zh="绿茶")
    products = {
        "crisps": a_product("Sea salt crisps", category=snacks, selling_price="16.00"),
        "almonds": a_product("Roasted almonds", category=snacks, selling_price="48.00"),
        "rice": a_product("Rice cakes", category=snacks, selling_price="12.00"),
        "sencha": a_product("Sencha", category=teas, name_zh="煎茶", selling_price="40.00"),
        "jasmine": a_product("Jasmine pearls", category=teas, name_zh="茉莉花茶", selling_price="58.00"),
        "honey": a_product("Acacia honey", selling_price="45.00"),
    }
    said = {
        "crisps": ["crunchy", "crunchy tasty"],
        "almonds": ["crunchy", "cheap"],
        "rice": ["light"],
        "sencha": ["floral", "torn"],
        "jasmine": ["floral tasty", "floral"],
        "honey": ["sugary"],
    }
    for name, bodies in said.items():
        for body in bodies:
            a_review(products[name], body=body)
    catch_up(tagger=WordTagger())
    return products


def asked(client: Client, status: int = 200, **query: str | list[str]) -> str:
    response = client.get("/ask/", query)
    assert response.status_code == status
    return response.content.decode()


def offered(page: str) -> list[str]:
    """The names of the products on the page's cards, in order."""
    cards = page.split('<article class="card">')[1:]
    return [card.split("<h3")[1].split("</a>")[0].rpartition(">")[2] for card in cards]


@pytest.mark.usefixtures("shelves")
def test_four_come_each_with_a_reason_and_the_fitting_ones_first(client: Client) -> None:
    page = asked(client, q="something crunchy")
    assert set(offered(page)[:2]) == {"Sea salt crisps", "Roasted almonds"}
    assert len(offered(page)) == 4
    assert page.count('<p class="reason">') == 4
    assert "“crunchy”, say 2 reviews" in page


def test_the_reason_leads_to_the_reviews_that_say_so(client: Client, shelves: dict[str, Product]) -> None:
    page = asked(client, q="something crunchy")
    address = f"{shelves['crisps'].get_absolute_url()}?tag=crunchy"
    assert f'href="{address}#reviews"' in page
    reviews = client.get(address).content.decode()
    assert reviews.count('<article class="review">') == 2


@pytest.mark.usefixtures("shelves")
def test_what_was_understood_is_shown_and_each_can_be_taken_away(client: Client) -> None:
    page = asked(client, q="crunchy snack without nuts under 20 yuan")
    understood = page.split('class="understood chips"')[1].split("</ul>")[0]
    assert "crunchy" in understood
    assert "without nuts" in understood
    assert "up to ¥20.00" in understood
    assert understood.count("&amp;without=") == 3
    less = asked(client, q="crunchy snack without nuts under 20 yuan", without=["nuts", "price"])
    understood = less.split('class="understood chips"')[1].split("</ul>")[0]
    assert "without nuts" not in understood
    assert "¥20.00" not in understood


def understood_in(page: str) -> list[str]:
    """The texts of the chips, without what is for screen readers and the crosses."""
    chips = page.partition('class="understood chips"')[2].partition("</ul>")[0]
    return [
        chip.partition("</span>")[2].partition("<span")[0]
        for chip in chips.split('<span class="spoken">')[1:]
    ]


@pytest.mark.usefixtures("shelves")
def test_what_was_taken_away_can_be_put_back_and_stays_away_when_the_form_is_sent_again(
    client: Client,
) -> None:
    sentence = "crunchy snack without nuts under 20 yuan"
    page = asked(client, q=sentence, without=["crunchy", "price", "never said"])
    assert understood_in(page) == ["without nuts"]
    back = "/ask/?q=crunchy+snack+without+nuts+under+20+yuan&without=price&without=never+said"
    assert f'crunchy (<a href="{back.removeprefix("/ask/").replace("&", "&amp;")}">put back' in page
    assert "up to ¥20.00 (<a" in page
    assert "never said (<a" not in page
    kept = page.split('<form class="ask"')[1].split("</form>")[0]
    assert [part.split('"')[0] for part in kept.split('name="without" value="')[1:]] == ["crunchy", "price"]
    assert "crunchy" in understood_in(client.get(back).content.decode())


@pytest.mark.usefixtures("shelves")
def test_where_all_was_taken_away_it_can_still_be_put_back(client: Client) -> None:
    page = asked(client, q="crunchy", without="crunchy")
    assert "crunchy (<a" in page
    assert 'class="understood chips"' not in page
    assert "We did not understand that" not in page


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize(
    ("sentence", "english", "chinese"),
    [
        ("no milk", "dairy free", "不含乳制品"),
        ("vegan", "vegan", "纯素"),
        ("without caffeine", "caffeine free", "不含咖啡因"),
        ("no salt", "salt free", "无盐"),
        ("without nuts", "without nuts", "不含“坚果”"),
        ("不含坚果", "without 坚果", "不含“坚果”"),
        ("not too sugary", "not “too sweet”", "不要“太甜”"),
    ],
)
def test_what_was_understood_is_said_in_the_language_of_the_page(
    client: Client, sentence: str, english: str, chinese: str
) -> None:
    assert understood_in(asked(client, q=sentence)) == [english]
    page = client.get("/ask/", {"q": sentence}, headers={"accept-language": "zh-CN"}).content.decode()
    assert understood_in(page) == [chinese]


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize(
    ("sentence", "said"), [("organic tea", "organic"), ("salty tea", "salty"), ("a vegan tea", "vegan")]
)
def test_of_what_no_review_says_the_page_says_so(client: Client, sentence: str, said: str) -> None:
    page = asked(client, q=sentence)
    assert understood_in(page) == [said]
    assert f"No review here says “{said}”: we look for it in descriptions." in page
    assert "No review here says" not in asked(client, q="crunchy")


@pytest.mark.usefixtures("shelves")
def test_where_only_words_match_the_page_says_so(client: Client) -> None:
    page = asked(client, q="jasmine pearls")
    assert offered(page)[0] == "Jasmine pearls"
    assert "We recognised none of our labels in your sentence. These match its words." in page
    assert "We recognised none" not in asked(client, q="crunchy")


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize(
    ("sentence", "heading"),
    [
        ("crunchy", "Four for you"),
        ("crunchy snack without nuts under 20 yuan", "For you"),
        ("tea under 0 yuan", "What do you feel like today?"),
    ],
)
def test_the_heading_promises_no_more_than_there_is(client: Client, sentence: str, heading: str) -> None:
    assert f"<h1>{heading}</h1>" in asked(client, q=sentence)


@pytest.mark.usefixtures("shelves")
def test_nuts_and_prices_are_taken_at_their_word(client: Client) -> None:
    names = offered(asked(client, q="crunchy snack without nuts under 20 yuan"))
    assert set(names) == {"Sea salt crisps", "Rice cakes"}


@pytest.mark.parametrize(
    "sentence",
    ["dog treats", "a crunchy snack for my puppy", "狗狗零食", "给猫吃的脆零食", "宠物零食20元以内"],
)
@pytest.mark.parametrize("body", ["crunchy", "my dog stole it"])
def test_a_pet_is_offered_nothing_from_the_shelves_of_people(
    client: Client, shelves: dict[str, Product], sentence: str, body: str
) -> None:
    """Whether or not a review of people's food says that a pet loves it."""
    a_review(shelves["rice"], body="my dog stole it")
    pets = a_category("Dogs", a_category("Pets", a_category(), name_zh="宠物"), name_zh="狗狗")
    a_review(a_product("Duck chews", category=pets, selling_price="19.00"), body=body)
    catch_up(tagger=WordTagger(VOCABULARY | {"stole": ("pets love it", 1)}))
    assert offered(asked(client, q=sentence)) == ["Duck chews"]


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize("sentence", ["dog treats", "狗狗零食"])
def test_where_nothing_is_for_pets_they_are_offered_nothing(client: Client, sentence: str) -> None:
    assert offered(asked(client, q=sentence)) == []


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize("sentence", ["hot dog buns", "a gift for a dog lover", "热狗", "not for dogs"])
def test_not_every_dog_is_to_be_fed(client: Client, sentence: str) -> None:
    assert len(offered(asked(client, q=sentence))) == 4


@pytest.mark.usefixtures("shelves")
def test_what_is_not_wanted_stands_behind(client: Client) -> None:
    assert offered(asked(client, q="honey for tea"))[0] == "Acacia honey"
    assert offered(asked(client, q="honey for tea, not too sweet"))[-1] == "Acacia honey"


def test_a_product_loses_by_every_tag_that_is_taken_away(shelves: dict[str, Product]) -> None:
    def scores(*removed: str) -> dict[int, float]:
        intent = intent_of("crunchy and cheap almonds").without(removed)
        return {one.product_id: one.score for one in asked_for(intent)}

    almonds = shelves["almonds"].pk
    everything, less, nothing = scores(), scores("great value"), scores("great value", "crunchy")
    assert everything[almonds] > less[almonds] > nothing[almonds]


def test_the_shelf_that_is_named_goes_before_what_only_bears_its_name(shelves: dict[str, Product]) -> None:
    a_product("Tea biscuits", category=shelves["crisps"].category)
    catch_up(tagger=WordTagger())
    found = [one.product_id for one in asked_for(intent_of("tea"))]
    assert set(found[:2]) == {shelves["sencha"].pk, shelves["jasmine"].pk}


@pytest.mark.usefixtures("shelves")
def test_a_sentence_in_chinese_is_understood_and_answered_in_chinese(client: Client) -> None:
    page = client.get("/ask/", {"q": "香气足的茶"}, headers={"accept-language": "zh-CN"}).content.decode()
    assert set(offered(page)[:2]) == {"煎茶", "茉莉花茶"}
    assert "香气足" in page.split('class="understood chips"')[1].split("</ul>")[0]


@pytest.mark.usefixtures("shelves")
def test_where_nothing_is_understood_the_page_says_so_and_shows_what_is_loved(client: Client) -> None:
    page = asked(client, q="asdf qwer")
    assert "We did not understand that" in page
    assert len(offered(page)) == 4
    assert page.count("Among the most loved here") == 4


@pytest.mark.usefixtures("shelves")
def test_where_nothing_fits_the_page_says_what_to_do(client: Client) -> None:
    page = asked(client, q="tea under 1 yuan")
    assert "Nothing in the shop fits all of that. Take something away above." in page
    assert offered(page) == []


def test_without_a_question_the_page_helps_to_ask(client: Client) -> None:
    page = asked(client)
    assert "For example" in page
    assert offered(page) == []


def test_an_embedder_without_its_key_fails_no_page(client: Client, settings: Settings) -> None:
    settings.EMBEDDER, settings.OPENAI_API_KEY = "openai", ""
    a_product("Sencha")
    page = asked(client, q="tea")
    assert "We cannot read wishes just now." in page
    assert offered(page) == ["Sencha"]


def test_an_empty_shop_answers_too(client: Client) -> None:
    assert offered(asked(client, q="tea")) == []


@pytest.mark.parametrize(
    ("sentence", "says"),
    [("tea " * 60, "Your sentence has"), ("tea\0", "Your sentence holds a character that is no text")],
)
def test_a_sentence_that_cannot_be_read_is_refused_with_one(client: Client, sentence: str, says: str) -> None:
    assert says in asked(client, 422, q=sentence)


@pytest.mark.parametrize(
    "sentence", ["<script>alert(1)</script>", "'; DROP TABLE", "%s %(a)s", "😀", "\u202e"]
)
def test_any_other_text_is_only_text(client: Client, sentence: str) -> None:
    page = asked(client, q=sentence)
    assert "<script>alert" not in page


@pytest.mark.parametrize("change", [{"is_on_sale": False}, {"on_hand": 0}])
def test_products_sold_out_or_withdrawn_since_are_not_shown(
    client: Client, shelves: dict[str, Product], change: dict[str, int]
) -> None:
    Product.objects.filter(pk=shelves["crisps"].pk).update(**change)
    assert "Sea salt crisps" not in offered(asked(client, q="something crunchy"))


def test_a_price_that_rose_since_is_past_the_shoppers_bound(
    client: Client, shelves: dict[str, Product]
) -> None:
    assert "Sea salt crisps" in offered(asked(client, q="something crunchy under 20 yuan"))
    Product.objects.filter(pk=shelves["crisps"].pk).update(selling_price="21.00")
    assert "Sea salt crisps" not in offered(asked(client, q="something crunchy under 20 yuan"))


@pytest.mark.usefixtures("shelves")
def test_chinese_words_that_no_product_has_are_not_answered_by_what_is_cheap(client: Client) -> None:
    page = asked(client, q="30元以下的榴莲")
    assert offered(page) == []
    assert "Nothing in the shop fits all of that." in page


def test_four_flavours_of_one_thing_do_not_fill_the_four(client: Client) -> None:
    jams = [f"Mixed fruit spread in a jar, {size}" for size in ("large", "larger", "large one")]
    for name in (*jams, "Apricot spread", "Nut spread", "Sesame spread"):
        a_review(a_product(name), body="floral")
    catch_up(tagger=WordTagger())
    assert len(set(jams).intersection(offered(asked(client, q="a fruit spread")))) == 1


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize("sentence", ["crunchy rice", "crunchy, floral, cheap, not too sugary, rice or tea"])
def test_an_answer_makes_eighteen_queries_however_much_is_asked(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, sentence: str
) -> None:
    with django_assert_num_queries(18, connection=connections["recommender"]):
        asked(client, q=sentence)
