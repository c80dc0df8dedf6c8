"""What a first view of a page weighs, compressed as a browser takes it."""

import gzip
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

STYLE = re.compile(r"<link[^>]+rel=[\"']stylesheet[\"'][^>]*>")
SCRIPT = re.compile(r"<script[^>]+src=[\"']([^\"']+)")
HREF = re.compile(r"href=[\"']([^\"']+)")
KIB = 1024


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes."""

    html: int
    css: int
    js: int


def weigh(address: str, path: str, session: str) -> Weight:
    page = fetch(urljoin(address, path), session)
    text = page.decode()
    styles = [HREF.search(link)[1] for link in STYLE.findall(text)]  # type: ignore[index]
    return Weight(
        compressed(page),
        sum(compressed(fetch(urljoin(address, link), session)) for link in own(styles)),
        sum(compressed(fetch(urljoin(address, link), session)) for link in own(SCRIPT.findall(text))),
    )


def own(links: list[str]) -> list[str]:
    """Those of the site itself: nothing outside this machine can be reached, or is."""
    return [link for link in links if not urlsplit(link).netloc]


def fetch(address: str, session: str) -> bytes:
    request = Request(address, headers={"Cookie": f"sessionid={session}", "Accept-Language": "en"})  # noqa: S310
    with urlopen(request, timeout=120) as answer:  # noqa: S310 (our own address)
        body: bytes = answer.read()
    return body


def compressed(body: bytes) -> int:
    return len(gzip.compress(body, 6))
