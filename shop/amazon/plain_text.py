"""What people typed, out of the HTML that the published files keep."""

import html
import re
import unicodedata
from html.entities import html5

LINE_BREAK = re.compile(r"<\s*(?:br|/?p|/?div|/?li|/?ul|/?ol|/?tr|/?h[1-6])\b[^<>]*>", re.IGNORECASE)
HIDDEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"</?[a-z][^<>]*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)  # "I <3 it" is none
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")
VIDEO = re.compile(r"\[\[VIDEOID:\w*\]\]")
PRODUCT_LINK = re.compile(r"\[\[ASIN:\w+\s*([^\]]*)\]\]")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\ufeff\ud800-\udfff]")
SPACES = re.compile(r"[^\S\n]+")  # the other control characters are among them
BLANK_LINES = re.compile(r"\n{3,}")

# A text without any of these has nothing to clean but its ends: most have none.
SUSPECT = re.compile(r"[<&\x00-\x1f\x7f]|\[\[|  |[^\x00-\x7f]")


def plain(text: str) -> str:
    """`text` without markup: breaks become newlines, other tags go, entities become their characters.

    Control characters and lone surrogates go, runs of spaces become one, of blank lines one, and
    characters are composed (NFC).
    """
    if not SUSPECT.search(text):
        return text.strip()
    if "<" in text:
        text = TAG.sub("", LINE_BREAK.sub("\n", HIDDEN.sub(" ", text)))
    if "&" in text:
        text = _unescaped(text)
    if "[[" in text:
        text = PRODUCT_LINK.sub(r"\1", VIDEO.sub("", text))
    text = CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = unicodedata.normalize("NFC", SPACES.sub(" ", text))
    return BLANK_LINES.sub("\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


def one_line(text: str, longest: int) -> str:
    """`plain` text on one line of at most `longest` characters, cut between words where there are any."""
    line = " ".join(plain(text).split())
    if len(line) <= longest:
        return line
    words, _, rest = line[:longest].rpartition(" ")
    kept = words if len(rest) < longest // 2 else line[: longest - 1]
    return kept.rstrip(" ,;:-") + "…"


def _unescaped(text: str) -> str:
    """Twice, since titles of the published files hold `&amp;quot;` as well."""
    for _ in range(2):
        text = ENTITY.sub(_character, text)
    return text


def _character(entity: re.Match[str]) -> str:
    """The character; an unknown entity stays (`html.unescape` alone would find `&not` in `&notice;`)."""
    is_known = entity[0].startswith("&#") or entity[0][1:] in html5
    return html.unescape(entity[0]) if is_known else entity[0]
