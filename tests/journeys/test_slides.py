"""The carousel in Chromium: it turns only where that is wanted, and no page breaks the policy."""

import os
import subprocess
import sys
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from shop.remembering import HOME_SECONDS
from tests.journeys.conftest import ROOT, RunningShop

pytestmark = [pytest.mark.journey, pytest.mark.processes, pytest.mark.once]

TWO_SLIDES = """
from shop.models import CarouselSlide
for title in ("The first slide", "The second slide"):
    CarouselSlide.objects.create(title=title, picture="carousel/none.webp", link="/", is_published=True)
"""
REPORT = "document.addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective))"
TO_THE_CAROUSEL = "link => scrollTo(0, link.closest('.carousel').offsetTop)"


@pytest.fixture(scope="module", autouse=True)
def two_slides(shop: RunningShop, service_variables: dict[str, str]) -> None:
    variables = {"VAR_DIR": str(shop.var_dir), "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--command", TWO_SLIDES],
        cwd=ROOT, env=os.environ | variables | service_variables, check=True,
    )  # fmt: skip
    time.sleep(HOME_SECONDS)  # the home page may be as old as that


def opened(page: Page, shop: RunningShop) -> Page:
    page.goto(shop.address)
    page.get_by_role("link", name="The second slide").evaluate(TO_THE_CAROUSEL)
    return page


def test_slides_turn_until_somebody_pauses_them(page: Page, shop: RunningShop) -> None:
    page.clock.install()
    second = opened(page, shop).get_by_role("link", name="The second slide")
    expect(second).not_to_be_in_viewport()
    page.clock.run_for(6_500)
    expect(second).to_be_in_viewport()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_they_rest_for_whoever_prefers_less_motion_or_has_no_script(
    browser: Browser, shop: RunningShop
) -> None:
    calm = browser.new_context(reduced_motion="reduce").new_page()
    calm.clock.install()
    opened(calm, shop)
    calm.clock.run_for(20_000)
    bare = browser.new_context(java_script_enabled=False).new_page()
    bare.goto(shop.address)
    assert [page.locator(".carousel .turn").is_visible() for page in (calm, bare)] == [False, False]
    expect(calm.get_by_role("link", name="The second slide")).not_to_be_in_viewport()
    calm.context.close()
    bare.context.close()


def test_no_page_breaks_the_policy_with_its_data(page: Page, shop: RunningShop) -> None:
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text) if "src" in message.text else None)
    page.add_init_script(REPORT)
    for address in ("/", "/category/1/", "/product/1/"):
        page.goto(f"{shop.address}{address}")
    expect(page.locator("script[type='application/ld+json']")).to_have_count(2)
    assert broken == []
