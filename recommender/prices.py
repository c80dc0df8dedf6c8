"""Bounds on the price in a shopper's sentence, English and Chinese."""

import re
from dataclasses import dataclass
from decimal import Decimal

_N = r"(\d{1,6}(?:\.\d\d?)?)"
_MONEY = r"(?:yuan|rmb|cny|dollars?|kuai|元|块钱?)"
_SIGN = r"[¥￥$]?\s*"
_BETWEEN = re.compile(
    rf"between\s*{_SIGN}{_N}\s*{_MONEY}?\s*(?:and|to|[-–~])\s*{_SIGN}{_N}"
    rf"|[¥￥$]\s*{_N}\s*(?:to|[-–~])\s*{_SIGN}{_N}"
    rf"|{_N}\s*{_MONEY}?\s*(?:to|[-–~到至])\s*{_N}\s*(?={_MONEY})"
)
_AROUND = re.compile(
    rf"(?:around|about|roughly)\s*(?:[¥￥$]\s*{_N}|{_N}\s*(?={_MONEY}))|{_N}\s*(?:元|块钱?)\s*(?:左右|上下)"
)
_AT_MOST = re.compile(
    r"(?:under|below|less than|up to|at most|cheaper than|max(?:imum)?|within|no more than|budget (?:of|is))"
    rf"\s*{_SIGN}{_N}"
    rf"|{_SIGN}{_N}\s*{_MONEY}?\s*or (?:less|under|below)\b"
    rf"|{_N}\s*(?:元|块钱?|¥)\s*(?:以下|以内|之内|内)"
    rf"|(?:不超过|低于|少于|最多|预算)\s*{_N}\s*(?:元|块)?"
)
_AT_LEAST = re.compile(
    rf"(?:over|above|more than|at least)\s*{_SIGN}{_N}"
    rf"|{_SIGN}{_N}\s*{_MONEY}?\s*or more\b"
    rf"|{_N}\s*(?:元|块钱?)\s*以上"
)
_CURRENCY = re.compile(rf"\s*(?:{_MONEY}|[¥￥$])", re.IGNORECASE)
_NUMERAL = re.compile(
    r"([一二两三四五六七八九]?百)?([一二三四五六七八九]?十)?([一二两三四五六七八九])?(?=元|块)"
)
_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", start=1)} | {"两": 2}
_FOURTH = Decimal("0.25")  # “around 40” is 30 to 50


@dataclass(frozen=True, slots=True)
class Bounds:
    at_most: Decimal | None = None
    at_least: Decimal | None = None


def without_prices(sentence: str) -> tuple[str, Bounds]:
    """The sentence without its bounds on the price, and these."""
    sentence = _NUMERAL.sub(lambda match: in_digits(*match.groups(default="")), sentence)
    sentence, both = _taken(_BETWEEN, sentence)
    if both:
        return sentence, Bounds(max(both), min(both))
    sentence, middle = _taken(_AROUND, sentence)
    if middle:
        return sentence, Bounds(middle[0] * (1 + _FOURTH), middle[0] * (1 - _FOURTH))
    sentence, most = _taken(_AT_MOST, sentence)
    sentence, least = _taken(_AT_LEAST, sentence)
    return sentence, Bounds(next(iter(most), None), next(iter(least), None))


def in_digits(hundreds: str, tens: str, ones: str) -> str:
    """“三十五” as 35; nothing stays nothing."""
    value = sum(
        size * (_DIGITS.get(said[0], 1) if said else 0)
        for said, size in ((hundreds, 100), (tens, 10), (ones, 1))
    )
    return str(value) if value else ""


def _taken(pattern: re.Pattern[str], sentence: str) -> tuple[str, list[Decimal]]:
    """The sentence without the pattern's match and its currency, and the numbers of it."""
    match = pattern.search(sentence.lower())
    if match is None:
        return sentence, []
    end = beyond.end() if (beyond := _CURRENCY.match(sentence, match.end())) else match.end()
    return f"{sentence[: match.start()]} {sentence[end:]}", [Decimal(n) for n in match.groups() if n]
