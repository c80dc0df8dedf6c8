"""The shop is complete in Simplified Chinese: every sentence, on every page."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polib
import pytest
from django.test import Client
from pytest_django import Settings

from recommender import patience
from recommender.models import TagCluster
from recommender.services import catch_up
from shop.models import Category, Customer, Product, ProductPicture
from tests.recommender.taggers import WordTagger
from tests.shop.builders import (
    a_buyer,
    a_category,
    a_customer,
    a_product,
    a_review,
    a_slide,
    a_slot,
    a_tag,
    an_announcement,
)

ROOT = Path(__file__).resolve().parent.parent
MESSAGES = ROOT / "shop" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
MAKE = (ROOT / "Makefile").read_text(encoding="utf-8")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}")
THREE_WORDS = re.compile(r"[A-Za-z][\w'’-]*(?:,? [A-Za-z][\w'’-]*){2,}")
LEFT_IN_ENGLISH_BY_DJANGO = re.compile(r"Search|.* \| Can \w+ .*")  # an icon of its admin; permissions
READ_ALOUD = ("aria-label", "placeholder", "title", "alt", "data-done", "data-waiting")


def catalogue() -> polib.POFile:
    return polib.pofile(str(MESSAGES))


def sources(entry: polib.POEntry) -> list[str]:
    return [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def placeholders(*texts: str) -> set[str]:
    return {found for text in texts for found in PLACEHOLDER.findall(text)}


def messages_of(file: polib.POFile | polib.MOFile) -> dict[tuple[str | None, str, str], list[str]]:
    return {(entry.msgctxt, entry.msgid, entry.msgid_plural): translations(entry) for entry in file}


def test_every_message_is_translated_and_none_is_a_guess() -> None:
    assert [entry.msgid for entry in catalogue() if not entry.translated() or entry.fuzzy] == []


def test_chinese_has_one_plural_form() -> None:
    assert catalogue().metadata["Plural-Forms"] == "nplurals=1; plural=0;"
    assert {len(translations(entry)) for entry in catalogue()} == {1}


def test_a_translation_keeps_the_placeholders_of_its_message() -> None:
    differing = {
        entry.msgid: translations(entry)
        for entry in catalogue()
        if placeholders(*sources(entry)) != placeholders(*translations(entry))
    }
    assert differing == {}


def test_what_is_compiled_is_what_is_written() -> None:
    compiled = polib.mofile(str(MESSAGES.with_suffix(".mo")))
    assert messages_of(compiled) == messages_of(catalogue())


@pytest.mark.processes
@pytest.mark.once
@pytest.mark.skipif(shutil.which("xgettext") is None, reason="no xgettext (Debian: apt-get install gettext)")
def test_extracting_again_finds_the_messages_that_are_written(tmp_path: Path) -> None:
    """Of a copy without its messages, with what `make messages` ignores. Where it fails, run that."""
    ignored = re.search(r"addprefix --ignore=,([^)]*)\)", MAKE)
    assert ignored is not None
    names = ignored[1].split()
    left_out = {*names, ".*", "*.po", "*.mo", "static", "checkpoints"} - {"seq2label"}  # an installed app
    copy = tmp_path / "larder"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*left_out))
    (copy / MESSAGES.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
    variables = {"DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": str(tmp_path / "var")}
    subprocess.run(
        [
            sys.executable, "manage.py", "makemessages", "--locale=zh_Hans", "--no-location", "--verbosity=0",
            *(f"--ignore={name}" for name in names),
        ],
        cwd=copy, env=os.environ | variables, check=True,
    )  # fmt: skip
    extracted = polib.pofile(str(copy / MESSAGES.relative_to(ROOT)))
    assert sorted(messages_of(extracted)) == sorted(messages_of(catalogue()))


class Texts(HTMLParser):
    """What a page says: its texts, and the attributes that are shown or read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_code = tag in ("script", "style")
        self.said += [value for name, value in attrs if value and name in READ_ALOUD]

    def handle_endtag(self, tag: str) -> None:
        self.is_code = False

    def handle_data(self, data: str) -> None:
        if not self.is_code:
            self.said.append(data)


def said_on(page: str) -> list[str]:
    texts = Texts()
    texts.feed(page)
    return [" ".join(text.split()) for text in texts.said]


def messages_on(page: str) -> list[str]:
    """What the page says in the words of the code: a message as a whole, or a long one within a text.

    “English”, on the button that changes the language, is its own translation.
    """
    messages = [source for entry in catalogue() for source in sources(entry) if source != "English"]
    whole = re.compile("|".join(pattern(message) for message in messages))
    long = re.compile("|".join(pattern(message) for message in messages if len(message.split()) > 2))
    return [text for text in said_on(page) if whole.fullmatch(text) or long.search(text)]


def english_on(page: str) -> list[str]:
    """Such messages, and texts with three English words in a row, which nobody marked for translation."""
    messages = messages_on(page)
    return [text for text in said_on(page) if text in messages or THREE_WORDS.search(text)]


def pattern(message: str) -> str:
    """`message` with anything in place of its placeholders."""
    return ".+?".join(re.escape(part) for part in PLACEHOLDER.split(message))


def test_english_is_found_in_texts_and_attributes_and_with_numbers_put_in() -> None:
    page = """<p title="Write a review">3 reviews</p> <b>好</b> <i>English</i> <a>Reduced</a>
    <u>Tea for two</u> <script>const code = "Sold out";</script>"""
    assert messages_on(page) == ["Write a review", "3 reviews", "Reduced"]
    assert english_on(page) == ["Write a review", "3 reviews", "Reduced", "Tea for two"]


@pytest.fixture
def sencha(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Product:
    """A tea of a shop that speaks Chinese: with neighbours, reviews, tags, a reduction and few left."""
    settings.RECOMMENDER_ASK_TIMEOUT_MS = settings.RECOMMENDER_PAGE_TIMEOUT_MS = 60_000
    monkeypatch.setattr(patience, "_rests_until", 0.0)
    shelf = a_chinese_shelf()
    tea = a_product(
        "Uji Sencha", name_zh="宇治煎茶", category=shelf, selling_price="9.90", original_price="12.00",
        quantity=250, unit="g", on_hand=3,
    )  # fmt: skip
    a_product("Eggs", name_zh="鸡蛋", category=shelf, quantity=12, unit="piece", on_hand=0)
    a_product("Oil", name_zh="橄榄油", category=shelf, quantity=1, unit="l", selling_price=None)
    words: dict[str, Any] = {
        "title": "很好",
        "author_name": "小林",
        "helpful_votes": 2,
        "is_verified_purchase": True,
    }
    first = a_review(tea, body="香。floral", **words)
    a_review(tea, body="香。floral", stars=4, source_id="A1-B2", **words)
    catch_up(tagger=WordTagger())
    a_tag(tea, "great value", first, rank=9)
    for n in range(25):
        a_product(f"Tea {n}", name_zh=f"茶 {n}", category=shelf)
    fill_home_page(tea)
    return tea


def fill_home_page(tea: Product) -> None:
    ProductPicture.objects.create(product=tea, picture="products/none.webp", alt="Leaves", alt_zh="茶叶")
    an_announcement(title_zh="周日照常营业")
    for _ in range(2):
        a_slide(title_zh="茶叶周")
    for kind in ("hot", "new", "recommended"):
        a_slot(kind, tea)


def a_chinese_shelf() -> Category:
    department = a_category("Drinks", name_zh="饮品")
    return a_category("Green tea", a_category("Tea", department, name_zh="茶"), name_zh="绿茶")


def in_chinese(client: Client, address: str, query: dict[str, str] | None = None, status: int = 200) -> str:
    response = client.get(address, query or {}, headers={"accept-language": "zh-CN"})
    assert response.status_code == status
    page = response.content.decode()
    assert '<html lang="zh-Hans">' in page
    return page


@pytest.mark.django_db
@pytest.mark.usefixtures("english")
class TestPages:
    @pytest.mark.parametrize(
        ("address", "status", "query"),
        [
            ("/", 200, {}),
            ("/search/", 200, {}),
            ("/search/", 200, {"q": "茶", "sort": "price", "tag": "great value", "in_stock": "1"}),
            ("/search/", 200, {"q": "没有的东西"}),
            ("/search/", 200, {"price": "0-10", "stars": "4"}),
            ("/search/", 200, {"price": "100-", "stars": "4"}),
            ("/search/", 200, {"tag": "bland"}),
            ("/search/", 200, {"page": "2"}),
            ("/announcements/", 200, {}),
            ("/login/", 200, {}),
            ("/ask/", 200, {}),
            ("/ask/", 200, {"q": "香气足的茶，不要太甜，不含花生，20 元以内"}),
            ("/ask/", 200, {"q": "1 元以内的茶"}),
            ("/ask/", 200, {"q": "qwer"}),
            ("/ask/", 422, {"q": "茶" * 201}),
            ("/ask/", 422, {"q": "茶\0"}),
            ("/nowhere/", 404, {}),
        ],
    )
    @pytest.mark.usefixtures("sencha")
    def test_a_page_asked_for_in_chinese_shows_no_english(
        self, client: Client, address: str, status: int, query: dict[str, str]
    ) -> None:
        assert english_on(in_chinese(client, address, query, status)) == []

    @pytest.mark.parametrize(
        "query",
        [{}, {"tag": "great value"}, {"stars": "4"}, {"stars": "1"}, {"posted": "1"}],
    )
    def test_a_product_and_its_shelf_show_no_english(
        self, client: Client, sencha: Product, query: dict[str, str]
    ) -> None:
        assert english_on(in_chinese(client, sencha.get_absolute_url(), query)) == []
        assert english_on(in_chinese(client, sencha.category.get_absolute_url(), query)) == []

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({}, "有货"),
            ({"on_hand": 0}, "已售罄"),
            ({"is_on_sale": False}, "此商品已下架，下方是相似的商品。"),
        ],
    )
    def test_a_product_without_reviews_shows_no_english_in_any_state(
        self, client: Client, fields: dict[str, Any], sentence: str
    ) -> None:
        product = a_product(name_zh="挂面", category=a_chinese_shelf(), **fields)
        page = in_chinese(client, product.get_absolute_url())
        assert sentence in page
        assert english_on(page) == []

    @pytest.mark.parametrize(
        "words",
        [
            {"stars": "", "title": "茶" * 256, "body": ""},
            {"stars": "6", "title": "", "body": "茶" * 5001},
            {"stars": "5", "title": "", "body": "第二次"},
        ],
    )
    def test_a_review_that_is_refused_is_refused_in_chinese(
        self, client: Client, sencha: Product, words: dict[str, str]
    ) -> None:
        alice = a_customer()
        a_review(sencha, customer=alice, body="第一次")
        page = posted(client, alice, sencha, words)
        assert english_on(page) == []
        assert page.count('class="error"') >= 1

    def test_a_locked_customer_is_told_so_in_chinese(self, client: Client, sencha: Product) -> None:
        page = posted(client, a_customer(is_locked=True), sencha, {"stars": "5", "title": "", "body": "好"})
        assert english_on(page) == []
        assert "账号已锁定：可以浏览，但不能发表评价。" in page

    def test_a_review_that_is_published_is_thanked_for_in_chinese(
        self, client: Client, sencha: Product
    ) -> None:
        client.force_login(a_buyer(sencha))
        words = {"stars": "5", "title": "", "body": "好"}
        response = client.post(
            f"{sencha.get_absolute_url()}reviews/", words, headers={"accept-language": "zh-CN"}, follow=True
        )
        page = response.content.decode()
        assert "评价已发布，感谢分享。" in page
        assert english_on(page) == []

    def test_a_login_that_fails_fails_in_chinese(self, client: Client) -> None:
        response = client.post(
            "/login/", {"username": "alice", "password": "wrong"}, headers={"accept-language": "zh-CN"}
        )
        page = response.content.decode()
        assert english_on(page) == []
        assert page.count('class="error"') == 1

    @pytest.mark.parametrize(
        "address",
        [
            "/admin/",
            "/admin/shop/product/?q=宇治",
            "/admin/shop/product/add/",
            "/admin/shop/product/import/",
            "/admin/shop/category/",
            "/admin/shop/review/",
            "/admin/shop/customer/",
            "/admin/shop/customer/add/",
            "/admin/shop/producttag/",
            "/admin/shop/announcement/",
            "/admin/shop/announcement/add/",
            "/admin/shop/carouselslide/",
            "/admin/shop/carouselslide/add/",
            "/admin/shop/homeslot/",
            "/admin/shop/homeslot/add/",
            "/admin/shop/product/{product}/change/",
            "/admin/shop/category/{category}/change/",
            "/admin/shop/review/{review}/change/",
            "/admin/shop/customer/{customer}/change/",
            "/admin/recommender/",
            "/admin/recommender/tagcluster/",
            "/admin/recommender/tagcluster/{tag}/change/",
            "/admin/recommender/reviewentry/",
            "/admin/recommender/reviewentry/{review}/change/",
            "/admin/recommender/withdrawnlabel/",
            "/admin/recommender/placement/add/",
            "/admin/recommender/impression/",
            "/admin/recommender/impression/report/",
            "/admin/recommender/chatcall/",
        ],
    )
    def test_the_back_room_shows_no_message_in_english(
        self, client: Client, sencha: Product, address: str
    ) -> None:
        staff = a_customer("zhang", nickname="小张", is_staff=True, is_superuser=True)
        client.force_login(staff)
        review = sencha.reviews.earliest("pk")
        named = address.format(
            product=sencha.pk, category=sencha.category_id, review=review.pk, customer=staff.pk,
            tag=TagCluster.objects.earliest("pk").pk,
        )  # fmt: skip
        response = client.get(named, headers={"accept-language": "zh-CN"})
        assert response.status_code == 200
        messages = messages_on(response.content.decode())
        assert [message for message in messages if not LEFT_IN_ENGLISH_BY_DJANGO.fullmatch(message)] == []

    @pytest.mark.usefixtures("sencha")
    def test_the_back_room_names_products_and_categories_in_the_readers_language(
        self, client: Client
    ) -> None:
        client.force_login(a_customer("zhang", is_staff=True, is_superuser=True))
        chinese, english = (
            client.get(
                "/admin/shop/product/?q=Sencha", headers={"accept-language": language}
            ).content.decode()
            for language in ("zh-CN", "en")
        )
        assert '<span class="nowrap">宇治煎茶</span>' in chinese
        assert ">绿茶</td>" in chinese
        assert ">Uji Sencha</a>" in english
        assert ">Green tea</td>" in english


def posted(client: Client, customer: Customer, product: Product, words: dict[str, str]) -> str:
    """The page after `customer` has sent a review that is refused."""
    client.force_login(customer)
    address = f"{product.get_absolute_url()}reviews/"
    response = client.post(address, words, headers={"accept-language": "zh-CN"})
    assert response.status_code in (403, 409, 422)
    return response.content.decode()
