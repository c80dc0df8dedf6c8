"""A buyer's way from a shelf to a paid order, in Chromium, while the worker carries the callback."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.journeys.conftest import RunningShop

pytestmark = [pytest.mark.journey, pytest.mark.processes]

ADDRESS = {"Receiver": "Bob Wang", "Phone": "13900000000", "Street and number": "12 Tea Lane"}
STEPS = {"Province": "浙江省", "City": "杭州市", "District": "西湖区"}


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """A browser without JavaScript, as wide as a small phone."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


def enter(element: Locator) -> None:
    """By keyboard alone."""
    element.focus()
    expect(element).to_be_focused()
    element.press("Enter")


def log_in(page: Page, shop: RunningShop, name: str) -> None:
    page.get_by_label("Login name").fill(name)
    page.get_by_label("Password").fill(shop.password_of(name))
    page.get_by_label("Password").press("Enter")


def test_a_purchase_by_keyboard_is_confirmed_by_the_worker(page: Page, shop: RunningShop) -> None:
    page.goto(f"{shop.address}/search/?sort=price")
    first = page.locator(".card").first
    product = first.locator("h3").inner_text()
    enter(first.get_by_role("button", name=f"Add {product} to the cart"))
    expect(page.get_by_role("status").filter(has_text="Added to your cart.")).to_be_visible()
    enter(page.locator(".card").first.get_by_role("button", name=f"One {product} more"))
    enter(page.get_by_role("link", name=re.compile("^Cart 2")))
    expect(page.get_by_label(f"Quantity of {product}")).to_have_value("2")

    enter(page.get_by_role("link", name="To checkout"))
    log_in(page, shop, "bob")
    for label, text in ADDRESS.items():
        page.get_by_label(label, exact=True).fill(text)
    for label, name in STEPS.items():
        page.get_by_label(label, exact=True).select_option(name)
    enter(page.get_by_role("button", name=re.compile("^Order for")))

    expect(page.locator(".countdown")).to_contain_text(re.compile(r"(29|30):\d\d"))
    enter(page.get_by_role("button", name="Pay with Payment sandbox"))
    enter(page.get_by_role("button", name="Pay", exact=True))
    expect(page.get_by_text("Paid. Thank you: we start packing.")).to_be_visible(timeout=30_000)

    enter(page.get_by_role("link", name="To the order"))
    expect(page.locator(".timeline").first.get_by_text("Paid")).to_be_visible()
    expect(page.get_by_text("12 Tea Lane")).to_be_visible()


def test_a_province_chosen_before_the_names_came_has_its_cities(page: Page, shop: RunningShop) -> None:
    held: list[Route] = []
    page.route("**/regions.json", lambda route: held.append(route))  # noqa: PLW0108 (no builtin is taken)
    page.goto(f"{shop.address}/account/addresses/new/")
    with page.expect_request("**/regions.json"):
        log_in(page, shop, "bob")
    page.get_by_label("Province", exact=True).select_option(STEPS["Province"])
    expect(page.get_by_label("City", exact=True).locator("option")).to_have_count(1)
    held[0].continue_()
    page.get_by_label("City", exact=True).select_option(STEPS["City"])
    page.get_by_label("District", exact=True).select_option(STEPS["District"])


def test_the_whole_purchase_works_on_a_small_phone_without_javascript(
    plain_page: Page, shop: RunningShop
) -> None:
    page = plain_page
    page.goto(f"{shop.address}/search/?sort=price")
    page.locator(".card a").nth(1).click()
    page.get_by_label("Quantity").fill("3")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name=re.compile("^Cart 3")).click()
    page.get_by_role("link", name="To checkout").click()
    log_in(page, shop, "alice")
    for label, text in ADDRESS.items():
        page.get_by_label(label, exact=True).fill(text)
    for label, name in STEPS.items():
        page.get_by_label(label, exact=True).select_option(name)
        page.get_by_role("button", name="Show the next choices").click()
    page.get_by_role("button", name=re.compile("^Order for")).click()
    order = page.locator("main b").first.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == 360

    page.get_by_role("button", name="Pay with Payment sandbox").click()
    page.get_by_role("button", name="Let the payment fail").click()
    page.get_by_role("button", name="I have paid: look again").click()
    expect(page.get_by_role("alert")).to_contain_text("The payment failed")
    page.get_by_role("button", name="Try again with Payment sandbox").click()
    page.get_by_role("button", name="Pay, but confirm 20 seconds later").click()
    page.get_by_role("button", name="I have paid: look again").click()
    expect(page.get_by_text("Paid. Thank you: we start packing.")).to_be_visible()

    page.goto(f"{shop.address}/orders/")
    page.get_by_role("link", name=order).click()
    page.get_by_role("button", name="Cancel the order").click()
    expect(page.get_by_text("The order is cancelled.")).to_be_visible()
    expect(page.locator(".status")).to_have_text("Cancelled")
