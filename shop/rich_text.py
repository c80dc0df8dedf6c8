"""Rich text: the few elements that staff may use in a description or an announcement."""

from html.parser import HTMLParser

import nh3

TAGS = {
    "a", "b", "blockquote", "br", "em", "h3", "h4", "i", "li", "ol", "p", "strong", "table", "tbody", "td",
    "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
BLOCKS = frozenset({"blockquote", "br", "h3", "h4", "li", "p", "td", "th", "tr"})


def sanitised(html: str) -> str:
    """`html` with nothing but TAGS and ATTRIBUTES; of other elements the text stays, scripts go."""
    return nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"https", "http", "mailto", "tel"},
        link_rel="noopener nofollow",
    ).strip()  # fmt: skip


def plain_text(html: str) -> str:
    """What `html` says, a line a block."""
    reader = _TextOf()
    reader.feed(html)
    reader.close()
    lines = ("".join(reader.parts)).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())


class _TextOf(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
