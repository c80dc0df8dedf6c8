"""With JavaScript: lists, steppers and the cart change in their place, and the keyboard keeps its place."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from shop.models import Product
from shop.models.content import SlotKind
from tests.journeys.test_access import violations
from tests.shop.builders import a_delivery_rule, a_product, a_shelf, a_slot, a_tag

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("english"),
]


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """On which no script fails and nothing breaks the Content-Security-Policy."""
    shelf = a_shelf("Green tea")
    for number in range(30):
        product = a_product(f"Sencha {number:02}", category=shelf, brand=f"Brand {number % 3}", on_hand=3)
        a_tag(product, "fresh", rank=0)
    a_delivery_rule()
    context = browser.new_context(base_url=live_server.url, locale="en", reduced_motion="reduce")
    opened = context.new_page()
    failed: list[str] = []
    opened.on("pageerror", lambda error: failed.append(str(error)))
    opened.on("console", lambda message: failed.append(message.text) if "Policy" in message.text else None)
    yield opened
    context.close()
    assert failed == []


def mark(page: Page) -> None:
    """A page that is loaded anew has it no longer."""
    page.evaluate("document.marked = true")


def is_marked(page: Page) -> bool:
    return bool(page.evaluate("document.marked === true"))


def test_a_list_is_narrowed_sorted_and_turned_in_its_place(page: Page) -> None:
    page.goto("/search/?q=sencha")
    mark(page)
    page.get_by_role("checkbox", name=re.compile("^Brand 1")).focus()
    page.keyboard.press("Space")
    expect(page.locator(".narrow .count")).to_have_text("10 products")
    expect(page.locator("#said")).to_have_text("10 products")
    expect(page).to_have_url(re.compile(r"\?q=sencha&.*brand=Brand%201"))
    expect(page.get_by_role("checkbox", name=re.compile("^Brand 1"))).to_be_focused()
    page.get_by_role("checkbox", name=re.compile("^Brand 2")).check()
    expect(page.locator(".narrow .count")).to_have_text("20 products")
    page.get_by_label("Sort by").select_option("newest")
    expect(page.locator(".card h3").first).to_have_text("Sencha 29")
    expect(page.get_by_label("Sort by")).to_have_value("newest")
    page.get_by_role("link", name="Remove Brand 2").click()
    expect(page.locator(".narrow .count")).to_have_text("10 products")
    assert violations(page) == []
    page.get_by_role("link", name="Remove all").click()
    page.get_by_role("link", name="Next →").click()
    expect(page.locator(".pages")).to_contain_text("Page 2 of 2")
    assert is_marked(page)
    next_page = page.locator("header [name=next]").first.input_value()
    assert next_page == "/search/?q=sencha&page=2"
    page.go_back()
    expect(page.locator(".pages")).to_contain_text("Page 1 of 2")
    expect(page.locator("header")).to_be_visible()


def test_presses_in_a_row_all_count(page: Page) -> None:
    page.goto("/search/?sort=newest")
    mark(page)
    first = page.locator(".card").first
    first.get_by_role("button", name="Add Sencha 29 to the cart").focus()
    page.keyboard.press("Enter")
    more = first.get_by_role("button", name="One Sencha 29 more")
    expect(more).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Added to your cart.")).to_be_visible()
    for _ in range(2):
        page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=re.compile("^Cart 3"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(first.locator(".error")).to_have_text("Sencha 29: you asked for 4, but only 3 are left.")
    expect(more).to_be_focused()
    assert violations(page) == []
    first.get_by_role("button", name="One Sencha 29 fewer").click()
    expect(first.locator(".error")).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("^Cart 2"))).to_be_visible()
    page.locator(".card").nth(1).get_by_role("button").dblclick()
    expect(page.get_by_role("link", name=re.compile("^Cart 3"))).to_be_visible()
    page.wait_for_timeout(500)
    assert page.get_by_role("link", name=re.compile("^Cart 3")).is_visible()
    assert is_marked(page)


def test_the_cart_changes_in_its_place(page: Page) -> None:
    page.goto("/search/?sort=newest")
    for place in range(2):
        page.locator(".card").nth(place).get_by_role("button").first.click()
    page.get_by_role("link", name=re.compile("^Cart 2")).click()
    mark(page)
    page.get_by_label("Quantity of Sencha 29").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("¥10.00 × 2 = ¥20.00")).to_be_visible()
    expect(page.get_by_label("Quantity of Sencha 29")).to_be_focused()
    expect(page.get_by_role("link", name=re.compile("^Cart 3"))).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Take Sencha 29 out").click()
    expect(page.locator(".line")).to_have_count(1)
    page.get_by_role("button", name="Take Sencha 28 out").click()
    expect(page.get_by_text("Nothing in it yet.")).to_be_visible()
    assert is_marked(page)


def test_a_product_changes_on_every_shelf_and_the_one_in_hand_keeps_the_focus(page: Page) -> None:
    product = Product.objects.get(name="Sencha 07")
    for kind in (SlotKind.HOT, SlotKind.NEW):
        a_slot(kind, product)
    page.goto("/")
    mark(page)
    new, hot = (page.locator(f"#{shelf}-product-{product.pk}") for shelf in ("new", "hot"))
    for pressed in (new, hot):
        pressed.get_by_role("button", name="Add Sencha 07 to the cart").focus()
        page.keyboard.press("Enter")
        expect(pressed.get_by_role("button", name="One Sencha 07 more")).to_be_focused()
        page.keyboard.press("Enter")
        for stepper in (new, hot):
            expect(stepper.locator("b")).to_have_text("2")
        expect(pressed.get_by_role("button", name="One Sencha 07 more")).to_be_focused()
        for left in ("One Sencha 07 fewer", "Add Sencha 07 to the cart"):
            new.get_by_role("button", name="One Sencha 07 fewer").press("Enter")
            expect(new.get_by_role("button", name=left)).to_be_visible()
            expect(hot.get_by_role("button", name=left)).to_be_visible()
    assert violations(page) == []
    assert is_marked(page)


def test_the_page_says_when_the_tags_of_a_new_review_are_there(page: Page) -> None:
    product = Product.objects.get(name="Sencha 07")
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) < 2:
            route.fallback()
        else:
            route.fulfill(body='<ul class="tags"><li>floral</li></ul>', content_type="text/html")

    page.route("**/tags/", answer)
    page.goto(f"{product.get_absolute_url()}?posted=1")
    says = page.locator("#tags-heading ~ [role=status]")
    expect(says).to_have_text("We are reading your review …")
    expect(says).to_have_text("The tags are up to date.", timeout=4_000)
    assert page.locator(".tag-block").inner_text() == "floral"
    page.wait_for_timeout(1_500)
    assert len(asked) == 2


def test_suggestions_are_walked_by_keyboard(page: Page) -> None:
    page.goto("/")
    box = page.get_by_role("searchbox", name="Search the shop")
    box.press_sequentially("sencha 1")
    suggested = page.locator("#suggested a")
    expect(suggested).to_have_count(7)
    expect(page.locator("#said")).to_have_text("6 suggestions")
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(suggested.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(suggested).to_have_count(0)
    expect(box).to_be_focused()
    box.press_sequentially("7")
    expect(suggested).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sencha 17")


def test_where_the_server_refuses_the_page_itself_is_opened(page: Page) -> None:
    page.goto("/search/?sort=newest")
    mark(page)
    page.route(
        "**/search/?*", lambda route: route.continue_() if is_whole(route.request.headers) else route.abort()
    )
    page.get_by_label("Sort by").select_option("price")
    expect(page.locator(".card h3").first).to_have_text("Sencha 00")
    assert not is_marked(page)


def is_whole(headers: dict[str, str]) -> bool:
    return "hx-request" not in headers


def test_the_api_can_be_read_without_a_script(page: Page) -> None:
    page.goto("/api/v1/reference/")
    page.get_by_text("/api/v1/profile/").last.click()
    expect(page.locator("#profile_change").get_by_text("nickname").first).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 700})
    assert violations(page) == []
