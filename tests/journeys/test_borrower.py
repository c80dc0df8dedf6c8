"""A borrower's way from consent to the last payment, in Chromium, while the worker carries the callbacks."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import RunningShop

pytestmark = [pytest.mark.journey, pytest.mark.processes]

PASSWORD = "apricots-in-june"
ADDRESS = {"Receiver": "Erin", "Phone": "13900000000", "Street and number": "12 Tea Lane"}
STEPS = {"Province": "浙江省", "City": "杭州市", "District": "西湖区"}


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """A browser without JavaScript, as wide as a small phone."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=re.compile(f"^{name}")).first.click()


def register(page: Page, shop: RunningShop, name: str) -> None:
    page.goto(f"{shop.address}/account/register/")
    page.get_by_label("Login name").fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    press(page, "Open the account")
    expect(page.get_by_text(f"Welcome to Larder, {name}.")).to_be_visible()


def apply(page: Page, shop: RunningShop) -> None:
    """From the account to the offers: 200.00 over six months, of the starter limit of 300.00."""
    page.goto(f"{shop.address}/account/")
    page.get_by_role("link", name=re.compile("^Loans")).click()
    expect(page.get_by_text("Left to borrow")).to_be_visible()
    page.get_by_role("link", name="Apply for a loan").click()
    page.get_by_label("I have read this, and agree").check()
    press(page, "Agree and go on")
    page.get_by_label("Amount, in yuan").fill("210")
    page.get_by_label("Paid back over").select_option("6 months")
    page.get_by_label("Your income, in yuan a month").fill("８，０００")
    page.get_by_label("What you already pay for debts").fill("0")
    page.get_by_label("I prefer not to say").check()
    press(page, "Hand it in")
    expect(page.get_by_text("ask for ¥200.00 or ¥250.00.")).to_be_visible()
    expect(page.get_by_label("Your income, in yuan a month")).to_have_value("８，０００")
    page.get_by_label("Amount, in yuan").fill("200")
    press(page, "Hand it in")
    expect(page.get_by_role("heading", name="Our offers")).to_be_visible()


def accept(page: Page) -> None:
    asked = page.locator(".offers > li").filter(has_text="as asked for")
    asked.get_by_role("link", name="Read the agreement").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the agreement (PDF)").click()
    assert download.value.suggested_filename.startswith("larder-offer-")
    press(page, "Accept, and borrow ¥200.00")
    expect(page.get_by_text("Tick the box to accept.")).to_be_visible()
    page.get_by_label("I have read the agreement, and accept it").check()
    press(page, "Accept, and borrow ¥200.00")
    expect(page.locator(".status").first).to_have_text("Active")
    expect(page.locator(".sums .total").last).to_have_text("Left to spend¥200.00")


def spend(page: Page, shop: RunningShop, *, has_script: bool) -> None:
    """The coupon pays the goods, the sandbox the delivery."""
    page.goto(f"{shop.address}/search/?sort=price&in_stock=1")
    page.locator(".card a").nth(1).click()
    press(page, "Add to cart")
    page.get_by_role("link", name=re.compile("^Cart 1")).click()
    page.get_by_label(re.compile(r"Loan \w+ \(¥200\.00\)")).check()
    press(page, "Use this one")
    page.get_by_role("link", name="To checkout").click()
    for label, text in ADDRESS.items():
        page.get_by_label(label, exact=True).fill(text)
    for label, name in STEPS.items():
        page.get_by_label(label, exact=True).select_option(name)
        if not has_script:
            press(page, "Show the next choices")
    press(page, "Order for")
    press(page, "Pay with Payment sandbox")
    page.get_by_role("button", name="Pay", exact=True).click()
    until_it_shows(page, "Paid. Thank you: we start packing.", has_script=has_script)


def until_it_shows(page: Page, text: str, *, has_script: bool) -> None:
    """The page looks again by itself, or is asked to."""
    if not has_script:
        press(page, "I have paid: look again")
    expect(page.get_by_text(text)).to_be_visible(timeout=30_000)


def pay(page: Page, button: str, *, has_script: bool) -> None:
    press(page, button)
    press(page, "Pay with Payment sandbox")
    page.get_by_role("button", name="Pay", exact=True).click()
    until_it_shows(page, "went to the loan.", has_script=has_script)
    page.get_by_role("main").get_by_role("link", name="To the loan").click()


def borrow_spend_and_repay(page: Page, shop: RunningShop, name: str, *, has_script: bool) -> None:
    register(page, shop, name)
    apply(page, shop)
    accept(page)
    loan = page.url
    spend(page, shop, has_script=has_script)
    page.goto(loan)
    expect(page.get_by_text("Some of the coupon is spent")).to_be_visible()
    expect(page.locator(".sums .total").last).not_to_have_text("Left to spend¥200.00")
    pay(page, "Pay ¥", has_script=has_script)
    expect(page.locator(".table").get_by_text("paid", exact=True)).to_have_count(1)
    pay(page, "Pay off ¥", has_script=has_script)
    expect(page.get_by_text("All is repaid. Thank you: nothing is owed any more.")).to_be_visible()
    page.get_by_role("link", name="Statement of all payments").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody tr").last.locator("td").last).to_have_text("¥0.00")


def test_a_loan_is_taken_spent_in_part_and_paid_off(page: Page, shop: RunningShop) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    borrow_spend_and_repay(page, shop, "erin", has_script=True)
    assert [said for said in complaints if "422" not in said] == []


def test_and_on_a_small_phone_without_javascript(plain_page: Page, shop: RunningShop) -> None:
    borrow_spend_and_repay(plain_page, shop, "finn", has_script=False)
    assert plain_page.evaluate("document.documentElement.scrollWidth") == 360
