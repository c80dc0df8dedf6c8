"""A customer's way through the account, in Chromium: what scripts add, and that the policy lets them."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import RunningShop

pytestmark = [pytest.mark.journey, pytest.mark.processes]


def test_from_registering_to_an_address_and_a_mailed_link(page: Page, shop: RunningShop) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(f"{shop.address}/account/register/")
    page.get_by_label("Login name").fill("daisy")
    page.get_by_label("E-mail").fill("daisy@example.org")
    page.get_by_label("Password", exact=True).fill("apricots-in-june")
    page.get_by_label("Password confirmation").fill("apricots-in-june")
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_text("Welcome to Larder, daisy.")).to_be_visible()

    page.get_by_role("link", name="Your account: daisy").click()
    page.get_by_role("link", name=re.compile("^Addresses")).click()
    page.get_by_role("link", name="Add an address").click()
    expect(page.get_by_role("button", name="Show the next choices")).to_have_count(0)
    page.get_by_label("Receiver").fill("Daisy")
    page.get_by_label("Phone").fill("13800000000")
    page.get_by_label("Province").select_option("浙江省")
    page.get_by_label("City").select_option("杭州市")
    page.get_by_label("District").select_option("西湖区")
    page.get_by_label("Street and number").fill("1 Lake Road")
    page.get_by_role("button", name="Save the address").click()
    expect(page.get_by_text("浙江省 杭州市 西湖区 1 Lake Road")).to_be_visible()
    expect(page.get_by_text("Default", exact=True)).to_be_visible()

    page.get_by_role("banner").get_by_role("button", name="Log out").click()
    page.goto(f"{shop.address}/account/password/forgotten/")
    page.get_by_label("E-mail").fill("daisy@example.org")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("a link is on its way")).to_be_visible()
    page.goto(link_mailed(page, shop))
    page.get_by_label("New password", exact=True).fill("plums-in-september")
    page.get_by_label("New password confirmation").fill("plums-in-september")
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    assert complaints == []


def link_mailed(page: Page, shop: RunningShop) -> str:
    """The link in the one mail that the worker wrote as a file."""
    for _ in range(300):
        for mail in (shop.var_dir / "mail").glob("*"):
            if found := re.search(r"http://\S+/account/password/new/\S+", mail.read_text()):
                return found[0]
        page.wait_for_timeout(100)
    raise AssertionError("no mail within 30 seconds")
