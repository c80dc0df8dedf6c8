"""Which side a label takes: by its words where they are plain, else by the stars it is seen with.

Stars alone are noisy: they belong to a review, a label to one sentence of it, and most reviews are kind.
"""

from collections.abc import Sequence

_PRAISING = frozenset({
    "addictive", "authentic", "beautiful", "best", "boost", "convenient", "creamy", "delicious", "durable",
    "easy", "effective", "enhances", "fast", "favorite", "flavorful", "free", "fresh", "freshens", "fun",
    "good", "great", "healthy", "helps", "improves", "love", "loves", "natural", "nice", "nutritious",
    "organic", "perfect", "pleaser", "refreshing", "relieves", "rich", "satisfies", "smooth", "soothing",
    "tasty", "tender", "thirst", "versatile", "wholesome", "worth",
})  # fmt: skip
_BLAMING = frozenset({
    "artificial", "awful", "bad", "bitter", "bland", "broke", "broken", "burnt", "cardboard", "chalky",
    "cheaper", "chemical", "clumps", "clumpy", "contaminated", "crumbly", "damaged", "deceptive", "declined",
    "defective", "disappointing", "dislike", "disrupts", "doesn't", "don't", "dry", "expensive", "expired",
    "fake", "faulty", "fishy", "flavorless", "flimsy", "fragile", "gluey", "grainy", "greasy", "gritty",
    "gross", "hard", "harsh", "inaccurate", "inconsistent", "inconvenient", "ineffective", "lacks", "leaking",
    "leaks", "leaky", "mealy", "mediocre", "melted", "messy", "mislabeled", "misleading", "missing", "moldy",
    "mushy", "never", "noisy", "odd", "offensive", "over-fried", "over-roasted", "overcooked", "overpowering",
    "overpriced", "pasty", "plastic", "poor", "powdery", "rancid", "rash", "runny", "short", "sickness",
    "slimy", "slow", "small", "smaller", "soggy", "sour", "spoiled", "stale", "stolen", "stopped",
    "tasteless", "tears", "tiny", "too", "unbalanced", "unclear", "undercooked", "underwhelming", "unhealthy",
    "unlisted", "unpleasant", "unreliable", "unsafe", "upset", "waste", "watered", "watery", "weak", "won't",
    "worse", "wrong",
})  # fmt: skip
_REMEDIES = frozenset({"helps", "relieves", "soothes", "stops", "suits"})
_NEGATIONS = frozenset({"no", "not", "less", "without"})
_MISSED = frozenset({
    "aroma", "date", "effect", "enough", "flavor", "included", "instructions", "list", "real", "scent",
    "taste",
})  # fmt: skip
"""To have none of these is a fault; to have “no” of anything else (msg, shells, bitterness) is praise."""
_AS_A_WHOLE = {
    "acquired taste": 0,
    "added sugar": -1,
    "caused itching": -1,
    "doesn't drip": 1,
    "flavor fades quickly": -1,
    "hard to find": 0,
    "high caffeine": 0,
    "high calorie": -1,
    "high fat": -1,
    "high fiber": 1,
    "high protein": 1,
    "high quality": 1,
    "high sodium": -1,
    "high sugar": -1,
    "mild flavor": 0,
    "slow burning": 1,
    "small size": 0,
    "smells bad": -1,
    "strong flavor": 0,
}


def polarity(label: str, stars: Sequence[int]) -> int:
    """-1, 0 or 1; `stars` are those of the reviews whose pairs carry the label."""
    if label in _AS_A_WHOLE:
        return _AS_A_WHOLE[label]
    words = label.split()
    if words[0] in _NEGATIONS:
        return _negated(words[0], set(words[1:]))
    if side := _plain_side(set(words)):
        return side
    if len(stars) < 4:
        return 0
    mean = sum(stars) / len(stars)
    return 1 if mean >= 4.5 else -1 if mean <= 2.75 else 0


def _negated(negation: str, rest: set[str]) -> int:
    """“not too sweet” and “no msg” praise; “not authentic” and “no flavor” blame."""
    if rest & _MISSED:
        return -1
    return 1 if rest & _BLAMING or negation != "not" else -1


def _plain_side(words: set[str]) -> int:
    """A word of blame outweighs one of praise (“too rich”), save where it gets better (“helps dry skin”)."""
    if words & _BLAMING and not words & _REMEDIES:
        return -1
    return 1 if words & (_PRAISING | _REMEDIES) else 0
