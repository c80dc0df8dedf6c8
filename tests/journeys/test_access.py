"""Every page in every state, as WCAG 2.2 AA asks: axe finds nothing, nothing is wider than a small phone."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from shop.models import Customer, Product
from tests.journeys.admin_states import a_full_back_room, every_list_and_row, most_used, other_pages
from tests.journeys.shop_states import GUEST, States, every_state
from tests.shop.builders import a_product

pytestmark = [
    pytest.mark.journey,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("english"),
]

ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What the size and the colours of a screen may change.
OF_THE_SCREEN = {
    "type": "rule",
    "values": ["color-contrast", "target-size", "link-in-text-block", "scrollable-region-focusable"],
}
# Where rows are edited, Django's own table leads each by its name, under a heading that says nothing.
EXCUSED = {("empty-table-header", '<th class="original"></th>')}
SEEN = 89  # addresses
SCREENS: dict[str, dict[str, Any]] = {
    "a desk by day": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "a small phone by night": {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark"},
    "a phone by night": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
}
# Whose rows are chosen, what is to be done to them, and what the page that asks further says.
ASKING = (
    ("order", "ship", "Carrier"),
    ("order", "record_progress", "In the carrier's words"),
    ("order", "refund", "Amount"),
    ("order", "print_list", "Packing list"),
    ("review", "reject", "Why these reviews are rejected"),
    ("announcement", "delete_selected", "Are you sure"),
)
WITHOUT_TOKEN = """() => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = "/logout/";
    document.body.append(form);
    form.submit();
}"""


@pytest.fixture
def states() -> States:
    return every_state()


@pytest.fixture
def open_browser(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., BrowserContext]]:
    """A browser at the shop, with somebody's session."""
    opened: list[BrowserContext] = []

    def open_for(customer: Customer | None, **screen: Any) -> BrowserContext:
        seen = {"locale": "en", "reduced_motion": "reduce"} | screen
        context = browser.new_context(base_url=live_server.url, **seen)
        opened.append(context)
        if customer:
            client = Client()
            client.force_login(customer)
            cookie = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return context

    yield open_for
    for context in opened:
        context.close()


def violations(page: Page, rules: Any = ALL) -> list[str]:
    """What axe finds, and whether one has to scroll sideways."""
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    is_wider = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [
        f"{page.url} {rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for rule in found
        for node in rule["nodes"]
        if (rule["id"], node["html"]) not in EXCUSED
    ] + [f"{page.url} scrolls sideways"] * is_wider


@pytest.mark.parametrize(
    ("screen", "locale", "rules"),
    [("a desk by day", "en", ALL), ("a small phone by night", "zh-CN", OF_THE_SCREEN)],
)
def test_axe_finds_nothing_on_any_page_in_any_state(
    states: States, open_browser: Callable[..., BrowserContext], screen: str, locale: str, rules: Any
) -> None:
    found: list[str] = []
    seen: list[str] = []
    for name, addresses in states.addresses.items():
        page = open_browser(states.customers.get(name), **SCREENS[screen], locale=locale).new_page()
        for address in addresses:
            page.goto(address)
            found += violations(page, rules)
            seen.append(address)
    assert found == []
    assert len(seen) == SEEN


def test_a_guest_on_a_phone_is_led_to_register_and_hits_a_reason(
    open_browser: Callable[..., BrowserContext],
) -> None:
    product = a_product("Sencha")
    for locale, name in (("en", "Register"), ("zh-CN", "注册")):
        page = open_browser(None, **SCREENS["a phone by night"], locale=locale).new_page()
        page.goto(product.get_absolute_url())
        page.locator(".buy button").click()
        page.goto("/search/")
        assert page.get_by_role("banner").get_by_role("link", name=name, exact=True).is_visible()
        assert violations(page, OF_THE_SCREEN) == []
    page.evaluate("document.querySelector('.card').innerHTML += '<p class=reason><a href=/>why</a></p>'")
    reason = page.get_by_role("link", name="why")
    assert reason.evaluate("(link) => link.getClientRects()[0].height") >= 24


def test_nor_on_what_a_form_answers_or_an_error_says(
    states: States, open_browser: Callable[..., BrowserContext]
) -> None:
    guest = open_browser(None, **SCREENS["a small phone by night"]).new_page()
    guest.goto("/account/register/")
    guest.get_by_role("button", name="Open the account").click()
    found = violations(guest)
    guest.goto("/login/")
    for _ in range(5):
        guest.get_by_label("Login name").fill("alice")
        guest.get_by_label("Password").fill("wrong")
        with guest.expect_navigation() as answer:
            guest.get_by_role("button", name="Log in", exact=True).click()
    assert answer.value
    assert answer.value.status == 429
    found += violations(guest)
    guest.goto("/")
    with guest.expect_navigation() as answer:
        guest.evaluate(WITHOUT_TOKEN)
    assert answer.value
    assert answer.value.status == 403
    found += violations(guest)
    bob = open_browser(states.customers["bob"], **SCREENS["a small phone by night"]).new_page()
    bob.goto("/checkout/")
    Product.objects.filter(on_hand__gt=400).update(selling_price="11.50")
    with bob.expect_navigation() as answer:
        bob.get_by_role("button", name=re.compile("^Order for")).click()
    assert answer.value
    assert answer.value.status == 409
    found += violations(bob)
    erin = open_browser(states.customers["erin"], **SCREENS["a small phone by night"]).new_page()
    erin.goto(states.addresses["erin"][0])
    with erin.expect_navigation() as answer:
        erin.get_by_role("button", name="Hand it in").click()
    assert answer.value
    assert answer.value.status == 422
    found += violations(erin)
    assert found == []


@pytest.mark.parametrize(
    ("screen", "locale", "rules"),
    [("a desk by day", "en", ALL), ("a phone by night", "zh-CN", OF_THE_SCREEN)],
)
def test_axe_finds_nothing_in_the_back_room(
    open_browser: Callable[..., BrowserContext], screen: str, locale: str, rules: Any
) -> None:
    page = open_browser(a_full_back_room(), **SCREENS[screen], locale=locale).new_page()
    addresses = [*every_list_and_row(), *other_pages()] if rules is ALL else most_used()
    found: list[str] = []
    for address in addresses:
        answer = page.goto(address)
        assert answer
        assert answer.status == 200, address
        found += violations(page, rules)
    assert found == []


def test_nor_at_its_door_nor_on_what_an_action_asks(open_browser: Callable[..., BrowserContext]) -> None:
    staff = a_full_back_room()
    stranger = open_browser(None, **SCREENS["a phone by night"]).new_page()
    stranger.goto("/admin/")
    found = violations(stranger)
    stranger.get_by_label("Login name").fill("staff")
    stranger.get_by_label("Password").fill("wrong")
    stranger.get_by_role("button", name="Log in").click()
    stranger.get_by_text("Please enter the correct").wait_for()
    found += violations(stranger)
    page = open_browser(staff, **SCREENS["a phone by night"]).new_page()
    for rows, action, asked in ASKING:
        page.goto(f"/admin/shop/{rows}/")
        page.locator("#action-toggle").check()
        page.locator("select[name=action]").select_option(action)
        page.locator("button[name=index]").click()
        page.get_by_text(asked).first.wait_for()
        found += violations(page)
    page.goto("/admin/shop/product/import/")
    for line in (f"{Product.objects.earliest('pk').pk},Another", "none,Another"):
        text = f"id,brand\n{line}\n".encode()
        file: Any = {"name": "products.csv", "mimeType": "text/csv", "buffer": text}
        page.locator("input[type=file]").set_input_files(file)
        with page.expect_navigation():
            page.get_by_role("button", name="Read the file").click()
        found += violations(page)
    assert found == []


def test_what_has_the_focus_is_never_covered(
    states: States, open_browser: Callable[..., BrowserContext]
) -> None:
    """Tab through a list and a product: each stop is in view, and nothing lies over its middle."""
    assert states.addresses[GUEST]
    page = open_browser(None, viewport={"width": 360, "height": 600}).new_page()
    page.goto(states.addresses[GUEST][1])
    covered = []
    for _ in range(45):
        page.keyboard.press("Tab")
        covered += page.evaluate(COVERED)
    assert covered == []


COVERED = """() => {
    const stop = document.activeElement;
    const box = stop.getBoundingClientRect();
    const middle = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const isSeen = middle && (stop.contains(middle) || middle.contains(stop) || stop.closest(".card"));
    return isSeen ? [] : [stop.outerHTML.slice(0, 200)];
}"""
