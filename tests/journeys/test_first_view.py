"""A first view on a phone, on a line as Lighthouse takes one: what comes over it, when the page shows what it
is about, and whether anything moves under the finger."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import RunningShop

pytestmark = [pytest.mark.journey, pytest.mark.processes, pytest.mark.once]

KIB = 1024
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1024 * KIB / 8,
    "uploadThroughput": 750 * KIB / 8,
}
WATCH = """() => {
    window.painted = 0;
    window.moved = 0;
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) window.painted = entry.startTime;
    }).observe({type: "largest-contentful-paint", buffered: true});
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) window.moved += entry.value;
    }).observe({type: "layout-shift", buffered: true});
}"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """Somebody who was never here before: nothing is kept."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, device_scale_factor=2, locale="en")
    page = context.new_page()
    page.add_init_script(f"({WATCH})()")
    yield page
    context.close()


@pytest.mark.parametrize("address", ["/", "/search/?q=tea", "/category/1/", "/product/1/", "/cart/"])
def test_it_is_light_soon_there_and_still(phone: Page, shop: RunningShop, address: str) -> None:
    line = phone.context.new_cdp_session(phone)
    came: list[float] = []
    line.on("Network.loadingFinished", lambda told: came.append(told["encodedDataLength"]))
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_4G)
    phone.goto(f"{shop.address}{address}", wait_until="networkidle")
    assert 0 < sum(came) <= 400 * KIB
    assert 0 < phone.evaluate("painted") <= 2_500
    phone.evaluate("scrollTo(0, document.body.scrollHeight)")
    phone.wait_for_load_state("networkidle")
    assert phone.evaluate("moved") <= 0.1
