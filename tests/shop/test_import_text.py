"""What becomes of HTML, of long titles, of prices and of names."""

from decimal import Decimal

import pytest

from shop.amazon.plain_text import one_line, plain
from shop.amazon.prices import price_of
from shop.amazon.pseudonyms import pseudonym


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Fresh and strong.", "Fresh and strong."),
        ("  spaces   inside \t too ", "spaces inside too"),
        ("One.<br />Two.<BR>Three.", "One.\nTwo.\nThree."),
        ("One.<br /><br /> <br/>Two.", "One.\n\nTwo."),
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("One.\r\nTwo.\rThree.", "One.\nTwo.\nThree."),
        ('See <a href="/dp/B1?a=1&lt=2">these <b>oats</b></a>.', "See these oats."),
        ("I <3 this, 5 < 6 and 7 > 6", "I <3 this, 5 < 6 and 7 > 6"),
        ("Newman&#39;s &quot;Own&quot; &amp; caf&eacute;", 'Newman\'s "Own" & café'),
        ("Twice: &amp;quot;Own&amp;quot;", 'Twice: "Own"'),
        ("S&S; R&D &notathing; AT&T", "S&S; R&D &notathing; AT&T"),
        ("&lt;b&gt; is written, not meant", "<b> is written, not meant"),
        ("Before<script>alert('x')</script>after", "Before after"),
        ("<style>.a{color:red}</style>Words", "Words"),
        ("Cut off <script>var x = 1;", "Cut off"),
        ("A <!-- hidden --> word", "A word"),
        ("[[VIDEOID:mo3ABC]]Watch it", "Watch it"),
        ("Try [[ASIN:B00139ZPKM Old Oats]] too", "Try Old Oats too"),
        ("bell\x07, null\x00, zero\u200bwidth", "bell, null, zerowidth"),
        ("no\xa0break\u2028and line", "no break and line"),
        ("cafe\u0301", "café"),
        ("half a pair \ud83d gone", "half a pair gone"),
        ("茶很香。", "茶很香。"),
        ("", ""),
    ],
)
def test_html_becomes_what_people_typed(html: str, text: str) -> None:
    assert plain(html) == text


def test_a_title_is_one_line() -> None:
    assert one_line("Green<br/>tea &amp;\n more", 255) == "Green tea & more"


@pytest.mark.parametrize(
    ("longest", "line"),
    [
        (25, "Green tea, loose leaf"),
        (21, "Green tea, loose leaf"),
        (20, "Green tea, loose…"),
        (11, "Green tea…"),
        (4, "Gre…"),
    ],
)
def test_a_long_title_is_cut_between_words(longest: int, line: str) -> None:
    assert one_line("Green tea, loose leaf", longest) == line


@pytest.mark.parametrize(
    ("found", "price"),
    [
        ("$12.99", "12.99"),
        (12.99, "12.99"),
        (7, "7.00"),
        ("12.5", "12.50"),
        ("$1,299.00", "1299.00"),
        ("$5.00 - $9.00", "5.00"),
        ("from 5.99", "5.99"),
        (" $3.99\n", "3.99"),
        ("2.675", "2.68"),
    ],
)
def test_a_price_is_read(found: object, price: str) -> None:
    assert str(price_of(found, Decimal(1))) == price


@pytest.mark.parametrize(
    "found", ["", None, "None", "$0.00", "—", ".a-box-inner{width:10px}", "$-3.00", "9" * 40, [5], "NaN"]
)
def test_what_is_no_price_is_none(found: object) -> None:
    assert price_of(found, Decimal(1)) is None


def test_a_price_is_converted_before_it_is_rounded() -> None:
    assert price_of("$3.33", Decimal("7.15")) == Decimal("23.81")


def test_a_reviewer_has_one_pseudonym_under_one_key() -> None:
    assert pseudonym("A1ALICE", b"key") == pseudonym("A1ALICE", b"key") == "Reviewer fe94ce"
    assert pseudonym("A1ALICE", b"another key") == "Reviewer 2fba05"
    assert pseudonym("A2BOB", b"key") == "Reviewer bb41bc"


def test_nobody_in_particular_has_no_number() -> None:
    assert pseudonym("", b"key") == "Reviewer"
