"""Bounds on the price in a shopper's sentence, English and Chinese.

A number that says no currency is a price where it counts nothing else: no calories, minutes or per cent.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from recommender.words import EMPTY

_N = r"(\d{1,6}(?:\.\d\d?)?)"
_MONEY = r"(?:yuan|rmb|cny|dollars?|kuai|元|块钱?)"
_SIGN = r"[¥￥$]?\s*"
_BETWEEN = re.compile(
    rf"between\s*{_SIGN}{_N}\s*{_MONEY}?\s*(?:and|to|[-–~])\s*{_SIGN}{_N}"
    rf"|[¥￥$]\s*{_N}\s*(?:to|[-–~])\s*{_SIGN}{_N}"
    rf"|{_N}\s*{_MONEY}?\s*(?:to|[-–~到至])\s*{_N}\s*(?={_MONEY})"
)
_AROUND = re.compile(
    rf"(?:around|about|roughly)\s*(?:[¥￥$]\s*{_N}|{_N}\s*(?={_MONEY}))"
    rf"|{_SIGN}{_N}\s*(?:元|块钱?)?\s*(?:左右|上下)"
)
_NAMED = re.compile(rf"\bfor\s*(?:[¥￥$]\s*{_N}|{_N}\s*(?={_MONEY}))|{_N}\s*(?:元|块钱?)(?=的)")
_AT_MOST = re.compile(
    r"(?:under|below|less than|up to|at most|cheaper than|max(?:imum)?|within|no more than|budget (?:of|is))"
    rf"\s*{_SIGN}{_N}"
    rf"|{_SIGN}{_N}\s*{_MONEY}?\s*or (?:less|under|below)\b"
    rf"|{_SIGN}{_N}\s*(?:(?:{_MONEY}|¥)?\s*(?:以下|以内|之内)|(?:元|块钱?)内)"
    rf"|(?:[不别]超过|不到|不足|(?<!不)[低少小]于|最多|至多|顶多|预算)\s*{_SIGN}{_N}\s*(?:元|块)?"
)
_AT_LEAST = re.compile(
    rf"(?:over|above|more than|at least)\s*{_SIGN}{_N}"
    rf"|{_SIGN}{_N}\s*{_MONEY}?\s*or more\b"
    rf"|{_SIGN}{_N}\s*{_MONEY}?\s*以上"
    rf"|(?:(?<![不别])超过|至少|最少|起码|不[低少]于|[高大]于)\s*{_SIGN}{_N}\s*(?:元|块)?"
)
_CURRENCY = re.compile(rf"\s*(?:{_MONEY}|[¥￥$])", re.IGNORECASE)
_COUNTED = re.compile(
    r"\s*(?:[%％°℃]|[a-z]+|百分|千克|公斤|毫克|毫升|千卡|大卡|千焦|分钟|小时|个月"
    r"|[克斤两升卡秒天周月年岁个包袋瓶罐盒片颗粒份人种度成杯次])"
)
_UNCOUNTED = EMPTY | {"without", "not", "no", "each", "apiece", "per", "total", "max", "tops"}
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
        return sentence, around(middle[0])
    sentence, most = _taken(_AT_MOST, sentence)
    sentence, least = _taken(_AT_LEAST, sentence)
    if most or least:
        return sentence, Bounds(next(iter(most), None), next(iter(least), None))
    sentence, named = _taken(_NAMED, sentence)
    return sentence, around(named[0]) if named else Bounds()


def around(price: Decimal) -> Bounds:
    return Bounds(price * (1 + _FOURTH), price * (1 - _FOURTH))


def in_digits(hundreds: str, tens: str, ones: str) -> str:
    """“三十五” as 35; nothing stays nothing."""
    value = sum(
        size * (_DIGITS.get(said[0], 1) if said else 0)
        for said, size in ((hundreds, 100), (tens, 10), (ones, 1))
    )
    return str(value) if value else ""


def _taken(pattern: re.Pattern[str], sentence: str) -> tuple[str, list[Decimal]]:
    """The sentence without the pattern's first match that is a price and its currency, and its numbers."""
    for match in pattern.finditer(sentence.lower()):
        beyond = _CURRENCY.match(sentence, match.end())
        end = beyond.end() if beyond else match.end()
        if beyond or _CURRENCY.search(match[0]) or not counts_others(sentence[end:].lower()):
            numbers = [Decimal(number) for number in match.groups() if number]
            return f"{sentence[: match.start()]} {sentence[end:]}", numbers
    return sentence, []


def counts_others(after: str) -> bool:
    """Whether a number before these words counts something: “10 g sugar”, but “20 for my mother”."""
    counted = _COUNTED.match(after)
    return counted is not None and counted[0].strip() not in _UNCOUNTED
