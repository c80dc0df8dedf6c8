"""A shopper's way through the real shop, in Chromium, with its worker running."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import RunningShop

pytestmark = [pytest.mark.journey, pytest.mark.processes]


def test_from_the_home_page_to_a_tag_of_ones_own_and_four_products(page: Page, shop: RunningShop) -> None:
    page.goto(shop.address)
    page.get_by_role("searchbox", name="Search").fill("tea")
    page.get_by_role("searchbox", name="Search").press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=tea"))
    page.locator(".card a").first.click()
    expect(page).to_have_url(re.compile(r"/product/\d+/"))

    four = page.locator(".four .card")
    expect(four).to_have_count(4)
    expect(page.locator(".four .reason")).to_have_count(4)

    page.get_by_role("link", name="Log in").first.click()
    page.get_by_label("Login name").fill("alice")
    page.get_by_label("Password").fill(shop.password_of("alice"))
    page.get_by_role("button", name="Log in").click()

    page.goto(f"{shop.address}/orders/")
    page.locator(".orders li").filter(has_text="Completed").last.get_by_role("link").first.click()
    page.get_by_role("link", name="Review it").first.click()
    page.locator(".rate label").filter(has_text=re.compile(r"^\s*2 ")).click()
    expect(page.get_by_role("radio", name=re.compile("^2 "))).to_be_checked()
    page.get_by_label("Title").fill("Far too salty")
    page.get_by_label("Review", exact=True).fill(
        "Too salty for me: salty from the first sip to the last, I tasted nothing but salt."
    )
    page.get_by_role("button", name="Post review").click()
    expect(page.get_by_text("Too salty for me: salty from the first sip")).to_be_visible()
    expect(page.locator("#tags").get_by_text("too salty")).to_be_visible(timeout=60_000)

    page.goto(shop.address)
    page.get_by_role("searchbox", name=re.compile("feel like")).fill(
        "something crunchy and low in sugar for a school lunch"
    )
    page.get_by_role("searchbox", name=re.compile("feel like")).press("Enter")
    expect(page).to_have_url(re.compile(r"/ask/\?q="))
    expect(page.locator(".understood").get_by_text("crunchy")).to_be_visible()
    expect(page.locator(".four .card")).to_have_count(4)
    expect(page.locator(".four .reason")).to_have_count(4)
