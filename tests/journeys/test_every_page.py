"""Every page in every state, in either language: it opens, has one heading, and gives pictures their room."""

import re

import pytest
from django.test import Client

from tests.journeys.shop_states import every_state
from tests.test_translations import messages_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

HEADING = re.compile("<h1[ >]")
PICTURE = re.compile("<img [^>]+>")
PROMPT = re.compile(' loading="lazy"| fetchpriority="high"')
SIZED = re.compile(r' alt="[^"]*".* width="\d+" height="\d+"')


def every_page(language: str) -> dict[tuple[str, str], str]:
    """By who looks at it and its address."""
    states = every_state()
    pages = {}
    for name, addresses in states.addresses.items():
        client = Client(headers={"accept-language": language})
        if name:
            client.force_login(states.customers[name])
        for address in addresses:
            answer = client.get(address, follow=True)
            assert answer.status_code == (404 if address == "/nowhere/" else 200), address
            pages[name, address] = answer.content.decode()
    return pages


@pytest.fixture
def pages(request: pytest.FixtureRequest) -> dict[tuple[str, str], str]:
    return every_page(request.param)


@pytest.mark.parametrize("pages", ["en"], indirect=True)
def test_each_page_has_one_heading_and_gives_every_picture_its_room(
    pages: dict[tuple[str, str], str],
) -> None:
    assert {where for where, page in pages.items() if len(HEADING.findall(page)) != 1} == set()
    pictures = {picture for page in pages.values() for picture in PICTURE.findall(page)}
    assert {picture for picture in pictures if not SIZED.search(picture)} == set()
    stored = {picture for picture in pictures if "/media/" in picture}
    assert len(stored) > 5
    assert {picture for picture in stored if not PROMPT.search(picture)} == set()


@pytest.mark.parametrize("pages", ["zh-CN"], indirect=True)
def test_no_page_says_in_english_what_the_shop_says(pages: dict[tuple[str, str], str]) -> None:
    assert {where for where, page in pages.items() if '<html lang="zh-Hans">' not in page} == set()
    assert sorted(set(messages_on("".join(pages.values())))) == []
