"""Clients that ask a site for pages at once, and what they see.

Each has the session of a shopper of its own and asks for one page after another, without a pause.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from itertools import count
from math import ceil
from typing import TypeAlias

import aiohttp
from yarl import URL

from benchmarks.shop.counting import HEADER

CSRF = "b" * 32
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
HEADERS = {"Accept-Language": "en", "Accept-Encoding": "gzip"}


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer, as a client had it."""

    status: int
    seconds: float
    queries: int  # of the shop's own database
    other_queries: int  # of any other
    text: str
    location: str = ""


Ask: TypeAlias = Callable[[aiohttp.ClientSession, str], Awaitable[Seen]]


class UnexpectedAnswer(Exception):
    """A page did not answer as it should: its figures would mean nothing."""


@dataclass(slots=True)
class Timed:
    """What all clients saw of one kind of page."""

    seen: list[Seen] = field(default_factory=list)
    seconds: float = 0.0  # from the first request to the last answer

    @property
    def per_second(self) -> float:
        return len(self.seen) / self.seconds

    @property
    def queries(self) -> int:
        return max(one.queries for one in self.seen)

    @property
    def other_queries(self) -> int:
        return max(one.other_queries for one in self.seen)

    def milliseconds(self, share: float) -> float:
        """The time within which this share of the answers came (nearest rank)."""
        ordered = sorted(one.seconds for one in self.seen)
        return 1000 * ordered[ceil(share * len(ordered)) - 1]


def browse(
    address: str, sessions: Sequence[str], paths: Sequence[str], seconds: float, warm_up: int
) -> Timed:
    """All clients ask for `paths` in turn for so long, after `warm_up` requests that do not count.

    A site too slow for so many is warm after `seconds`.
    """
    return asyncio.run(_browse(address, sessions, paths, seconds, warm_up))


async def _browse(
    address: str, sessions: Sequence[str], paths: Sequence[str], seconds: float, warm_up: int
) -> Timed:
    numbers, timed = count(), Timed()

    async def client(session: str, is_over: Callable[[], bool], seen: list[Seen]) -> None:
        async with shopper(address, session) as browser:
            while not is_over():
                seen.append(await get(browser, paths[next(numbers) % len(paths)]))

    warm: list[Seen] = []
    warm_by = time.perf_counter() + seconds

    def is_warm() -> bool:
        return len(warm) >= warm_up or time.perf_counter() >= warm_by

    await asyncio.gather(*(client(session, is_warm, warm) for session in sessions))
    started = time.perf_counter()
    until = started + seconds
    await asyncio.gather(
        *(client(session, lambda: time.perf_counter() >= until, timed.seen) for session in sessions)
    )
    timed.seconds = time.perf_counter() - started
    return timed


def links_on(address: str, session: str, path: str, pattern: str) -> list[str]:
    """Where the page at `path` leads, of what `pattern` describes."""
    return asyncio.run(_links_on(address, session, path, pattern))


async def _links_on(address: str, session: str, path: str, pattern: str) -> list[str]:
    async with shopper(address, session) as browser:
        page = await get(browser, path)
    found = sorted(set(re.findall(f'href="({pattern})"', page.text)))
    if not found:
        raise UnexpectedAnswer(f"{path} leads to nothing like {pattern}\n{page.text[:2000]}")
    return found


def order(address: str, buyers: Sequence[str], clients: int, prepare: Ask, place: Ask) -> Timed:
    """Every buyer walks to the last step; then all press the button, `clients` at a time."""
    return asyncio.run(_order(address, buyers, clients, prepare, place))


async def _order(address: str, buyers: Sequence[str], clients: int, prepare: Ask, place: Ask) -> Timed:
    browsers = [shopper(address, session) for session in buyers]
    ready = await _all([partial(prepare, browser, "") for browser in browsers], clients)
    timed, started = Timed(), time.perf_counter()
    steps = zip(browsers, ready, strict=True)
    timed.seen = await _all([partial(place, browser, page.text) for browser, page in steps], clients)
    timed.seconds = time.perf_counter() - started
    for browser in browsers:
        await browser.close()
    return timed


async def _all(calls: Sequence[Callable[[], Awaitable[Seen]]], at_once: int) -> list[Seen]:
    """What each call returns; `at_once` of them wait for their answer at any moment."""
    waiting: Iterator[tuple[int, Callable[[], Awaitable[Seen]]]] = iter(enumerate(calls))
    found: dict[int, Seen] = {}

    async def client() -> None:
        for place, call in waiting:
            found[place] = await call()

    await asyncio.gather(*(client() for _ in range(at_once)))
    return [found[place] for place in range(len(calls))]


def shopper(address: str, session: str) -> aiohttp.ClientSession:
    browser = aiohttp.ClientSession(
        address,
        headers=HEADERS,
        cookie_jar=aiohttp.CookieJar(unsafe=True),  # the address is a number
        timeout=aiohttp.ClientTimeout(total=120),
    )
    browser.cookie_jar.update_cookies({"sessionid": session, "csrftoken": CSRF}, URL(address))
    return browser


async def get(browser: aiohttp.ClientSession, path: str, expected: int = 200) -> Seen:
    return await _ask(browser, "GET", path, None, expected)


async def post(
    browser: aiohttp.ClientSession, path: str, fields: dict[str, str], expected: int = 302
) -> Seen:
    return await _ask(browser, "POST", path, {**fields, "csrfmiddlewaretoken": CSRF}, expected)


async def _ask(
    browser: aiohttp.ClientSession, method: str, path: str, fields: dict[str, str] | None, expected: int
) -> Seen:
    started = time.perf_counter()
    async with browser.request(method, path, data=fields, allow_redirects=False) as answer:
        text = await answer.text()
    seconds = time.perf_counter() - started
    if answer.status != expected:
        raise UnexpectedAnswer(f"{method} {path}: {answer.status} instead of {expected}\n{text[:2000]}")
    counts = dict(part.split("=") for part in answer.headers.get(HEADER, "").split())
    queries = int(counts.pop("default", 0))
    others = sum(map(int, counts.values()))
    return Seen(answer.status, seconds, queries, others, text, answer.headers.get("Location", ""))


def hidden_fields(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in HIDDEN.findall(page)}
