"""How shoppers say what is to be left out, put as the one way that `intent` reads: “without”, 不含."""

import re

from recommender.contents import is_kind

_WAYS = (
    (re.compile(r"\b(?:non|un)-(?=\w)|\bnon (?=\w)"), "not "),
    (re.compile(r"\bwithout (?:being|tasting|feeling|getting)\b"), "not"),
    (re.compile(r"\b(no|not|without)(?: any)? (?:added|extra|additional|adding)\b"), r"\1"),
    # Who has no teeth asks for nothing without teeth.
    (re.compile(r"\b(?<!that )(?<!which )(?:has|have|had|having|got|i've|we've) no\b"), "not"),
    (re.compile(r"\b(\w+)[- ](?:allerg(?:y|ies)|intoleran(?:t|ce))\b"), r"without \1"),
    (re.compile(r"\b(?:allergic|sensitive|intolerant) to\b|\bfree (?:of|from)\b"), "without"),
    (
        re.compile(
            r"\b(?:can't|cannot|can not|mustn't|must not) "
            r"(?:eat|have|drink|take|stand|tolerate|digest|handle)\b"
        ),
        "without",
    ),
    (
        re.compile(
            r"\b(?:doesn't|does not|don't|do not|not) "
            r"(?:like|want|eat|drink|have|contain|include|containing|including)\b"
        ),
        "without",
    ),
    (re.compile(r"\b(?:stay away from|giv(?:e|ing) up|leav(?:e|ing) out|nothing with)\b"), "without"),
    (re.compile(r"\b(?:instead of|rather than|other than|anything but|excluding|minus)\b"), "without"),
    (re.compile(r"\bavoid(?:s|ing)\b"), "avoid"),
    (re.compile(r"\bneither\b"), "no"),
    (re.compile(r"\b(?:hates?|dislikes?)\b"), "not"),
    (re.compile(r"\bvegetarians?\b"), "no meat no fish"),
    (re.compile(r"\b(?:not|without|isn't|no) (?:too|so|very) much (?=\w)"), "less "),
)
_LIST = re.compile(r"\b(no|not|without|avoid) ((?:[\w']+ ){1,2})(?:n?or) (?!less\b|more\b)")
# “Without nuts and milk”, where nothing follows that the second could belong to; “nut and dairy free”.
_BOTH = re.compile(r"\b(no|without|avoid) (\w+) and (\w+)(?= *(?:$|[,.;:!?]))")
_BOTH_FREE = re.compile(r"\b(\w+)(?:,| and| or) (\w+)[- ]free\b")
DONT = "(?<![特分区个])别"  # 特别, 分别, 区别 and 个别 forbid nothing
_WAYS_ZH = (
    (re.compile(r"([\u3400-\u9fff])[不没]\1"), "　"),  # 有没有, 能不能: a question, and no denial
    (
        re.compile(
            rf"(?:不要|不能|不可以?|不会|{DONT})(?:太|那么|这么|特别|很)"
            r"|不是(?:很|太|那么|特别|非常)|没有?(?:那么|这么)|不(?:那么|这么|怎么|特别|很|算太?)"
        ),
        "不太",
    ),
    (re.compile(r"除了?([\u3400-\u9fff]{1,6}?)(?:以外|之外|[，,]?(?:都|还有(?=[什哪啥])))"), r"不含\1，"),
    (re.compile(r"对([\u3400-\u9fff]{1,4}?)过敏"), r"不含\1，"),
    (re.compile("吃素"), "不含肉和鱼，"),
    (
        re.compile(rf"(?:不能|不可以|不可|不想|不要|不|{DONT})[吃喝碰]|(?<!不)怕[吃喝]?(?=[辣甜苦咸酸])"),
        "不含",
    ),
    (
        re.compile(
            rf"(?:不能|不可以|不要|不想|{DONT})(?:有|加|放|含)|不(?:喜欢|爱)[吃喝]?|不(?:想|需)要|讨厌|忌"
        ),
        "不含",
    ),
)
WITHOUT_ZH = ("不要", "不含", "没有", "不加", "不放", "无")
# Up to a word of grammar: “不放糖的豆浆” leaves out sugar.
_NAMED = r"[^\W\da-zA-Z_的了和或与及跟也就都还]"
_WITHOUT = re.compile(rf"(?:{'|'.join(WITHOUT_ZH)})({_NAMED}{{1,4}})")
_ALSO = re.compile(rf"[和或与及跟、]({_NAMED}{{1,4}})")
LONGEST = 4  # characters of what is named
USUAL = 2


def plainly_put(sentence: str) -> str:
    """English, in small letters: every way of leaving out as “no”, “not” or “without”, before each thing."""
    for way, plain in _WAYS:
        sentence = way.sub(plain, sentence)
    sentence = _BOTH.sub(_each_without, _BOTH_FREE.sub(_each_free, sentence))
    return _LIST.sub(r"\1 \2\1 ", sentence)


def _each_without(said: re.Match[str]) -> str:
    return f"{said[1]} {said[2]}, {said[1]} {said[3]}" if is_kind(said[2]) and is_kind(said[3]) else said[0]


def _each_free(said: re.Match[str]) -> str:
    return f"{said[1]} free {said[2]} free" if is_kind(said[1]) else said[0]


def plainly_put_in_chinese(sentence: str) -> str:
    for way, plain in _WAYS_ZH:
        sentence = way.sub(plain, sentence)
    return sentence


def left_out_in_chinese(sentence: str) -> tuple[str, list[str]]:
    """The sentence without what it leaves out, and that: a name of a kind, else its first two characters.

    无 is part of many words, and leaves out kinds alone: a 无花果 is a fig.
    """
    things: list[str] = []
    start = 0
    while match := _WITHOUT.search(sentence, start):
        thing = kind_at_the_start(match[1]) or ("" if match[0][0] == "无" else match[1][:USUAL])
        if not thing:
            start = match.start() + 1
            continue
        things.append(thing)
        end = match.start(1) + len(thing)
        while (also := _ALSO.match(sentence, end)) and (thing := kind_at_the_start(also[1])):
            things.append(thing)
            end = also.start(1) + len(thing)
        sentence = f"{sentence[: match.start()]}　{sentence[end:]}"
        start = match.start() + 1
    return sentence, things


def kind_at_the_start(text: str) -> str:
    """The longest name of a kind that the text begins with, or nothing."""
    return next((text[:n] for n in range(LONGEST, 0, -1) if len(text) >= n and is_kind(text[:n])), "")
