"""What staff put on the home page: announcements, slides and slots, each within its window, and rich text."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from shop.models import Announcement, CarouselSlide, Customer, HomeSlot, ProductPicture
from shop.models.content import WindowState, validate_link
from shop.selectors.feed import FeedPosition, changed_products
from tests.shop.builders import PASSWORD, a_customer, a_product, a_review, a_slide, a_slot, an_announcement
from tests.shop.test_pages import names, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

HOUR = timedelta(hours=1)
NASTY = (
    '<p onclick="x()">Tea <b style="color:red">week</b></p><script>alert(1)</script><img src=x onerror=x()>'
)
CLEAN = "<p>Tea <b>week</b></p>"


@pytest.fixture(autouse=True)
def pictures(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def back_room(client: Client) -> Client:
    client.force_login(Customer.objects.create_superuser("charlie", PASSWORD))
    return client


def an_upload(kind: str = "PNG", size: tuple[int, int] = (2000, 700)) -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", size, "green").save(file, kind)
    return SimpleUploadedFile("../../evil.php", file.getvalue() + b"<?php", content_type="text/x-php")


def window(**fields: Any) -> dict[str, Any]:
    """The fields of a window in a form of the admin."""
    return {"is_published": "on", "starts_at_0": "2026-01-01", "starts_at_1": "08:00"} | fields


class TestWindows:
    @pytest.mark.parametrize(
        ("fields", "state"),
        [
            ({"is_published": False}, WindowState.DRAFT),
            ({"starts_at": timezone.now() + HOUR}, WindowState.UPCOMING),
            ({"starts_at": timezone.now() - 2 * HOUR, "ends_at": timezone.now() - HOUR}, WindowState.OVER),
        ],
    )
    def test_what_is_not_current_is_shown_nowhere(
        self, client: Client, fields: dict[str, Any], state: WindowState
    ) -> None:
        announcement, slide = an_announcement(**fields), a_slide(**fields)
        slot = a_slot("hot", **fields)
        states = [row.window_state(timezone.now()) for row in (announcement, slide, slot)]
        assert states == [state] * 3
        page = shown(client, "/")
        assert "Open on Sunday" not in page
        assert "Tea week" not in page
        assert 'id="hot-heading"' not in page
        assert "Open on Sunday" not in shown(client, "/announcements/")
        shown(client, announcement.get_absolute_url(), 404)

    def test_what_is_current_is_shown_until_its_end(self, client: Client) -> None:
        now = timezone.now()
        announcement = an_announcement(starts_at=now - HOUR, ends_at=now + HOUR)
        assert announcement.window_state(now) == WindowState.CURRENT
        assert announcement.window_state(now + HOUR) == WindowState.OVER
        assert f'<a href="{announcement.get_absolute_url()}">Open on Sunday</a>' in shown(client, "/")

    def test_an_end_before_the_start_is_refused_by_the_form_and_by_the_database(self) -> None:
        now = timezone.now()
        with pytest.raises(ValidationError, match="It ends before it starts"):
            Announcement(title="Never", starts_at=now, ends_at=now).full_clean()
        for make in (an_announcement, a_slide):
            with pytest.raises(IntegrityError), transaction.atomic():
                make(starts_at=now, ends_at=now - HOUR)
        assert (Announcement.objects.count(), CarouselSlide.objects.count()) == (0, 0)


class TestHome:
    def test_slots_replace_what_the_shop_would_choose_itself(self, client: Client) -> None:
        loved, chosen, second = a_product("Loved"), a_product("Chosen"), a_product("Second")
        a_review(loved)
        a_slot("hot", second, rank=2)
        a_slot("hot", chosen, rank=1)
        a_slot("recommended", loved)
        page = shown(client, "/")
        hot, rest = page.split('id="recommended-heading"')
        recommended, news = rest.split('id="new-heading"')
        assert names(hot, loved, chosen, second) == ["Chosen", "Second"]
        assert names(recommended, loved, chosen, second) == ["Loved"]
        assert names(news, loved, chosen, second) == ["Second", "Chosen", "Loved"]
        assert 'id="popular-heading"' not in page

    def test_a_slot_of_a_product_that_is_off_sale_is_none(self, client: Client) -> None:
        loved, gone = a_product("Loved"), a_product("Gone", is_on_sale=False)
        a_review(loved)
        a_slot("hot", gone)
        page = shown(client, "/")
        assert names(page, loved, gone) == ["Loved"]
        assert 'id="popular-heading"' in page

    def test_a_product_stands_once_on_a_shelf(self) -> None:
        slot = a_slot("hot")
        with pytest.raises(IntegrityError), transaction.atomic():
            a_slot("hot", slot.product)
        a_slot("new", slot.product)
        assert HomeSlot.objects.count() == 2

    def test_five_slides_at_most_by_rank_and_a_control_that_only_a_script_shows(self, client: Client) -> None:
        for rank in (6, 5, 4, 3, 2, 1):
            a_slide(f"Slide {rank}", rank=rank, link=f"/search/?q={rank}")
        page = shown(client, "/")
        assert [page.count(f"<span>Slide {rank}</span>") for rank in range(1, 7)] == [1, 1, 1, 1, 1, 0]
        assert page.index("Slide 1") < page.index("Slide 5")
        assert 'hidden data-pause="Pause" data-play="Play"' in page
        assert "js/carousel.js" in page

    def test_one_slide_needs_no_control_and_no_slide_no_carousel(self, client: Client) -> None:
        assert 'class="carousel"' not in shown(client, "/")
        a_slide()
        page = shown(client, "/")
        assert 'class="carousel"' in page
        assert "js/carousel.js" not in page
        assert "data-pause" not in page

    def test_the_three_newest_announcements_are_named(self, client: Client) -> None:
        for number in range(4):
            an_announcement(f"News {number}")
        page = shown(client, "/")
        assert [f">News {number}</a>" in page for number in range(4)] == [False, True, True, True]

    @pytest.mark.parametrize("blocks", [0, 1, 5])
    @pytest.mark.parametrize("kinds", [(), ("recommended",), ("hot", "new", "recommended")])
    def test_it_makes_seven_queries_for_somebody_logged_in_whatever_stands_there(
        self,
        client: Client,
        django_assert_num_queries: DjangoAssertNumQueries,
        blocks: int,
        kinds: tuple[str, ...],
    ) -> None:
        a_review(a_product(original_price="12.00"))
        for _ in range(blocks):
            an_announcement()
            a_slide()
            [a_slot(kind) for kind in kinds]
        client.force_login(a_customer())
        with django_assert_num_queries(7):
            client.get("/")


class TestAnnouncements:
    def test_the_list_has_the_newest_first_and_says_when_there_are_none(self, client: Client) -> None:
        assert "Nothing to announce just now." in shown(client, "/announcements/")
        an_announcement("Older", starts_at=timezone.now() - HOUR)
        an_announcement("Newer")
        page = shown(client, "/announcements/")
        assert page.index("Newer") < page.index("Older")

    def test_its_text_is_sanitised_however_it_is_written(self, client: Client) -> None:
        announcement = an_announcement(body=NASTY)
        assert announcement.body == CLEAN
        Announcement.objects.filter(pk=announcement.pk).update(body=NASTY)
        Announcement.objects.bulk_create([Announcement(title="Bulk", body=NASTY)])
        assert list(Announcement.objects.values_list("body", flat=True)) == [CLEAN, CLEAN]
        page = shown(client, announcement.get_absolute_url())
        assert CLEAN in page
        assert "alert(1)" not in page

    @pytest.mark.parametrize(
        ("written", "stored"),
        [
            ('<a href="javascript:x()">x</a>', '<a rel="noopener nofollow">x</a>'),
            ('<a href="https://a.example/" target="_blank">x</a>',
             '<a href="https://a.example/" rel="noopener nofollow">x</a>'),
            ('<a href="/category/3/">x</a>', '<a href="/category/3/" rel="noopener nofollow">x</a>'),
            ("<iframe src=https://a.example></iframe><svg onload=x()>", ""),
            ("I <3 it & you", "I &lt;3 it &amp; you"),
            ("I &lt;3 it &amp; you", "I &lt;3 it &amp; you"),
        ],
    )  # fmt: skip
    def test_only_harmless_elements_stay(self, written: str, stored: str) -> None:
        assert an_announcement(body=written).body == stored

    def test_it_is_shown_in_the_readers_language(self, client: Client) -> None:
        an_announcement(title_zh="周日照常营业", body="<p>Open.</p>", body_zh="<p>营业。</p>")
        chinese = {"accept-language": "zh-CN"}
        address = Announcement.objects.get().get_absolute_url()
        assert "周日照常营业" in client.get("/", headers=chinese).content.decode()
        assert "<p>营业。</p>" in client.get(address, headers=chinese).content.decode()


@pytest.mark.parametrize("link", ["/", "/category/3/?sort=price", "https://a.example/b"])
def test_a_slide_leads_into_the_shop_or_to_a_secure_page(link: str) -> None:
    validate_link(link)


@pytest.mark.parametrize(
    "link",
    ["//a.example", "/\\a.example", "http://a.example/", "javascript:x()", "category/3/", "/\t/a.example"],
)
def test_a_slide_leads_nowhere_else(link: str) -> None:
    with pytest.raises(ValidationError):
        validate_link(link)


class TestDetail:
    def test_a_plain_detail_stays_plain(self, client: Client) -> None:
        product = a_product(detail="I <3 it.\n\nTwice.")
        page = shown(client, product.get_absolute_url())
        assert "<p>I &lt;3 it.</p>\n\n<p>Twice.</p>" in page

    def test_a_rich_detail_is_shown_in_its_place_sanitised(self, client: Client) -> None:
        product = a_product(detail="Plain words.", rich_detail=NASTY)
        page = shown(client, product.get_absolute_url())
        assert f'<div class="rich">{CLEAN}</div>' in page
        assert "<p>Plain words.</p>" not in page

    def test_a_language_that_has_only_plain_words_shows_those(self) -> None:
        product = a_product(detail_zh="茶", rich_detail="<p>Tea</p>")
        with translation.override("zh-hans"):
            assert (product.local_rich_detail, product.local_detail) == ("", "茶")
        with translation.override("en"):
            assert (product.local_rich_detail, product.local_detail) == ("<p>Tea</p>", "Tea")

    def test_the_feed_reads_the_words_of_a_rich_detail(self) -> None:
        a_product(rich_detail="<h3>Tea</h3><ul><li>green &amp; fresh</li><li>loose</li></ul>")
        a_product(detail="Plain.", rich_detail="<p>Rich.</p>")
        rows = changed_products(FeedPosition(), 10)
        assert [row.detail for row in rows] == ["Tea\ngreen & fresh\nloose", "Plain."]


class TestBackRoom:
    def test_a_slide_is_kept_with_a_picture_of_our_own(self, back_room: Client) -> None:
        data = window(title="Tea week", link="/search/?q=tea", rank=1, picture=an_upload())
        assert back_room.post("/admin/shop/carouselslide/add/", data).status_code == 302
        slide = CarouselSlide.objects.get()
        assert slide.created_by == Customer.objects.get()
        with Image.open(slide.picture.path) as picture:
            assert (picture.format, picture.size) == ("WEBP", (1600, 560))
        assert "evil" not in str(slide.picture)
        assert b"<?php" not in Path(slide.picture.path).read_bytes()

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"link": "http://a.example/"}, "Write a path within the shop (/…) or an https address."),
            ({"picture": SimpleUploadedFile("a.png", b"no picture")}, "This is not a picture we can read."),
            ({"ends_at_0": "2025-01-01", "ends_at_1": "08:00"}, "It ends before it starts."),
        ],
    )
    def test_a_slide_that_cannot_be_so_is_refused(
        self, back_room: Client, changed: dict[str, Any], sentence: str
    ) -> None:
        data = window(title="Tea week", link="/", rank=1, picture=an_upload()) | changed
        assert sentence in back_room.post("/admin/shop/carouselslide/add/", data).content.decode()
        assert CarouselSlide.objects.count() == 0

    def test_an_announcement_is_previewed_as_it_is_stored(self, back_room: Client) -> None:
        back_room.post("/admin/shop/announcement/add/", window(title="News", body=NASTY))
        announcement = Announcement.objects.get()
        page = back_room.get(f"/admin/shop/announcement/{announcement.pk}/change/").content.decode()
        assert f'<div class="readonly">{CLEAN}</div>' in page

    def test_a_changed_announcement_remembers_who_changed_it_and_may_be_deleted(
        self, back_room: Client
    ) -> None:
        announcement = an_announcement()
        address = f"/admin/shop/announcement/{announcement.pk}"
        back_room.post(f"{address}/change/", window(title="Closed on Sunday"))
        announcement.refresh_from_db()
        assert (announcement.title, announcement.changed_by) == ("Closed on Sunday", Customer.objects.get())
        assert back_room.post(f"{address}/delete/", {"post": "yes"}).status_code == 302
        assert Announcement.objects.count() == 0

    @pytest.mark.parametrize("rows", [2, 7])
    @pytest.mark.parametrize(
        ("model", "queries"), [("announcement", 5), ("carouselslide", 5), ("homeslot", 5)]
    )
    def test_a_list_makes_the_same_queries_however_many_rows_it_has(
        self,
        back_room: Client,
        django_assert_num_queries: DjangoAssertNumQueries,
        model: str,
        queries: int,
        rows: int,
    ) -> None:
        for _ in range(rows):
            an_announcement()
            a_slide()
            a_slot("hot")
        with django_assert_num_queries(queries):
            assert back_room.get(f"/admin/shop/{model}/").status_code == 200
        assert back_room.get(f"/admin/shop/{model}/?q=tea").status_code == 200

    def test_a_products_pictures_are_added_and_ordered(self, back_room: Client, client: Client) -> None:
        product = a_product("Sencha")
        management = {"TOTAL_FORMS": 2, "INITIAL_FORMS": 0}
        rows: list[dict[str, Any]] = [
            {"picture": an_upload(), "alt": "In the cup", "rank": 2},
            {"picture": an_upload("JPEG"), "alt": "The leaves", "rank": 1},
        ]
        data: dict[str, Any] = {f"pictures-{name}": value for name, value in management.items()}
        data |= {f"pictures-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}
        data |= {"tags-TOTAL_FORMS": 0, "tags-INITIAL_FORMS": 0, "name": "Sencha", "on_hand": 20}
        data |= {"limit_per_order": 20, "category": product.category_id, "cover": an_upload()}
        assert back_room.post(f"/admin/shop/product/{product.pk}/change/", data).status_code == 302
        product.refresh_from_db()
        assert str(product.cover).endswith(".webp")
        page = shown(client, product.get_absolute_url())
        assert page.index('alt="The leaves"') < page.index('alt="In the cup"')
        assert page.count('id="picture-') == 3


@pytest.mark.parametrize("pictures_of_it", [1, 6])
def test_a_product_makes_one_query_for_its_pictures_however_many_it_has(
    client: Client, pictures_of_it: int
) -> None:
    product = a_product()
    ProductPicture.objects.bulk_create(
        [ProductPicture(product=product, picture="products/x.webp", alt="x") for _ in range(pictures_of_it)]
    )
    with CaptureQueriesContext(connection) as asked:
        client.get(product.get_absolute_url())
    assert sum(ProductPicture._meta.db_table in query["sql"] for query in asked) == 1
