"""What is understood of a sentence, in English and in Chinese."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from recommender.intent import Inventory, understood

LABELS = {
    "crunchy": 1, "sugar free": 1, "not too sweet": 1, "great gift": 1, "kids love it": 1, "mild flavor": 0,
    "gluten free": 1, "strong flavor": 0, "pets love it": 1, "good snack": 1,
    "too sweet": -1, "too salty": -1, "too bitter": -1, "stale": -1,
}  # fmt: skip


def nothing_similar(phrases: Sequence[str]) -> list[tuple[str, float]]:
    return [("crunchy", 0.1)] * len(phrases)


def read(sentence: str) -> tuple[list[str], list[str], list[str]]:
    intent = understood(sentence, Inventory(LABELS), nothing_similar)
    return list(intent.wanted), list(intent.unwanted), list(intent.without_words)


@pytest.mark.parametrize(
    ("sentence", "wanted", "unwanted", "without"),
    [
        ("something crunchy", ["crunchy"], [], []),
        ("CRISPY!!", ["crunchy"], [], []),
        ("crunchy snacks for the kids", ["crunchy", "good snack", "kids love it"], [], []),
        ("a chocolate, not too sweet", ["not too sweet"], [], []),
        ("peanuts that are not too salty", [], ["too salty"], []),
        ("a coffee that isn't bitter", [], ["too bitter"], []),
        ("bitter chocolate", [], [], []),
        ("biscuits without nuts", [], [], ["nuts"]),
        ("nut free biscuits", [], [], ["nut"]),
        ("gluten free bread", ["gluten free"], [], []),
        ("not crunchy", [], ["crunchy"], []),
        ("a mild tea but no sugar", ["mild flavor", "sugar free"], [], []),
        ("脆的零食", ["good snack", "crunchy"], [], []),
        ("送礼的巧克力,不要太甜", ["not too sweet", "great gift"], [], []),
        ("不要太咸的薯片", [], ["too salty"], []),
        ("不咸的薯片", [], ["too salty"], []),
        ("很甜的苹果", [], [], []),
        ("不含坚果的饼干", [], [], ["坚果"]),
        ("给猫吃的", ["pets love it"], [], []),
    ],
)
def test_labels_wanted_and_not_wanted(
    sentence: str, wanted: list[str], unwanted: list[str], without: list[str]
) -> None:
    found = read(sentence)
    assert (sorted(found[0]), found[1], found[2]) == (sorted(wanted), unwanted, without)


@pytest.mark.parametrize(
    ("sentence", "at_least", "at_most"),
    [
        ("tea under 50 yuan", None, Decimal(50)),
        ("tea under ¥49.90", None, Decimal("49.90")),
        ("a gift over 100 yuan", Decimal(100), None),
        ("more than 20 and less than 60", Decimal(20), Decimal(60)),
        ("50元以下的茶", None, Decimal(50)),
        ("不超过30块的零食", None, Decimal(30)),
        ("100元以上的礼盒", Decimal(100), None),
        ("tea between 20 and 50 yuan", Decimal(20), Decimal(50)),
        ("20-50元的茶", Decimal(20), Decimal(50)),
        ("¥20 to ¥50", Decimal(20), Decimal(50)),
        ("a gift around 40 yuan", Decimal(30), Decimal(50)),
        ("40块左右的礼物", Decimal(30), Decimal(50)),
        ("chocolate for 40 yuan or less", None, Decimal(40)),
        ("¥40 or more", Decimal(40), None),
        ("三十五元以下的茶", None, Decimal(35)),
        ("一百元以内", None, Decimal(100)),
        ("预算50的礼物", None, Decimal(50)),
        ("a gift, my budget is 50", None, Decimal(50)),
        ("¥20以内的零食", None, Decimal(20)),
        ("¥20以下 零食", None, Decimal(20)),
        ("20以内的饼干", None, Decimal(20)),
        ("20 yuan以内", None, Decimal(20)),
        ("¥100以上的礼盒", Decimal(100), None),
        ("不超过30的零食", None, Decimal(30)),
        ("tea for 50 yuan", Decimal("37.5"), Decimal("62.5")),
        ("tea for ¥40", Decimal(30), Decimal(50)),
        ("40元的茶", Decimal(30), Decimal(50)),
        ("100元左右", Decimal(75), Decimal(125)),
        ("¥100左右的茶", Decimal(75), Decimal(125)),
        ("a snack for my mother under 20 please", None, Decimal(20)),
        ("under 20 without nuts", None, Decimal(20)),
        ("under 20 yuan crisps", None, Decimal(20)),
        ("under 0 yuan", None, Decimal(0)),
        ("不到30元的茶", None, Decimal(30)),
        ("别超过50", None, Decimal(50)),
        ("至少100元的礼盒", Decimal(100), None),
        ("不低于100元的礼盒", Decimal(100), None),
        ("超过100元的礼盒", Decimal(100), None),
        ("snack under 100 calories, under 20 yuan", None, Decimal(20)),
        ("snack under 100 calories", None, None),
        ("less than 10 g sugar", None, None),
        ("less than 10g of sugar", None, None),
        ("ready in under 5 minutes", None, None),
        ("dark chocolate, at least 80%", None, None),
        ("dark chocolate, at least 80 percent", None, None),
        ("between 2 and 4 people", None, None),
        ("热量低于100卡", None, None),
        ("不超过10克糖", None, None),
        ("最多5分钟", None, None),
        ("低于100kcal", None, None),
        ("3岁以上", None, None),
        ("80%以上的黑巧克力", None, None),
        ("20个左右", None, None),
        ("about 20 biscuits", None, None),
        ("2 to 3 apples", None, None),
        ("85 % chocolate", None, None),
        ("tea under the table", None, None),
    ],
)
def test_prices(sentence: str, at_least: Decimal | None, at_most: Decimal | None) -> None:
    intent = understood(sentence, Inventory(LABELS), nothing_similar)
    assert (intent.at_least, intent.at_most) == (at_least, at_most)


@pytest.mark.parametrize(
    ("sentence", "unheard"),
    [
        ("organic tea", ("organic",)),
        ("有机茶", ("organic",)),
        ("something low in sugar", ("low sugar",)),
        ("high fiber cereal", ("high fiber",)),
        ("salty snack", ("salty",)),
        ("very sweet snack", ("sweet",)),
        ("bitter tea", ("bitter",)),
        ("咸口的饼干", ("咸",)),
        ("很甜的点心", ("甜",)),
        ("tea that is too bitter", ()),
        ("太甜的点心", ()),
        ("not organic", ()),
        ("crunchy", ()),
    ],
)
def test_what_is_wanted_and_no_review_praises_is_understood_and_searched_for(
    sentence: str, unheard: tuple[str, ...]
) -> None:
    intent = understood(sentence, Inventory(LABELS), nothing_similar)
    assert intent.unheard == unheard
    assert not intent.without(unheard).unheard


def test_what_no_review_praises_stays_in_what_is_searched_by_words() -> None:
    assert (
        understood("salty organic snack", Inventory(LABELS), nothing_similar).about == "salty organic snack"
    )
    assert understood("咸口的有机饼干", Inventory(LABELS), nothing_similar).about == "咸口的有机饼干"


def test_nothing_at_all_is_a_bound_too() -> None:
    intent = understood("tea under 0 yuan", Inventory(LABELS), nothing_similar)
    assert (bool(intent), intent.filters_anything, intent.affords(Decimal(1))) == (True, True, False)


def test_a_phrase_that_means_a_label_is_taken_for_it() -> None:
    def similar(phrases: Sequence[str]) -> list[tuple[str, float]]:
        return [("kids love it", 0.8 if "toddlers" in phrase else 0.2) for phrase in phrases]

    intent = understood("something toddlers devour", Inventory(LABELS), similar)
    assert intent.wanted == ("kids love it",)


def test_a_label_that_nobody_here_carries_gives_way_to_one_that_means_the_same() -> None:
    def similar(phrases: Sequence[str]) -> list[tuple[str, float]]:
        return [("strong flavor", 0.78 if phrase == "rich flavor" else 0.2) for phrase in phrases]

    assert understood("a rich stock", Inventory(LABELS), similar).wanted == ("strong flavor",)


@pytest.mark.parametrize(
    "sentence",
    [
        "non-spicy noodles",
        "noodles that are not spicy",
        "nothing spicy",
        "不辣的方便面",
        "不要辣的面",
        "怕辣",
    ],
)
def test_what_is_denied_is_unwanted_and_never_what_an_encoder_finds_near_it(sentence: str) -> None:
    def similar(phrases: Sequence[str]) -> list[tuple[str, float]]:
        return [("spicy", 0.9 if phrase == "not spicy" else 0.2) for phrase in phrases]

    intent = understood(sentence, Inventory(LABELS | {"spicy": 1}), similar)
    assert (intent.wanted, intent.unwanted) == ((), ("spicy",))


def test_a_denial_of_what_nobody_speaks_of_is_no_wish_for_it() -> None:
    def similar(phrases: Sequence[str]) -> list[tuple[str, float]]:
        return [("strong flavor", 0.9)] * len(phrases)

    assert understood("不辣的面", Inventory(LABELS), similar).wanted == ()


@pytest.mark.parametrize(
    "sentence", ["特别辣的零食", "分别要辣的", "我不怕辣", "有没有辣的", "不介意辣", "无比辣"]
)
def test_a_character_that_denies_elsewhere_denies_nothing_within_a_word(sentence: str) -> None:
    intent = understood(sentence, Inventory(LABELS | {"spicy": 1}), nothing_similar)
    assert ("spicy" in intent.wanted, intent.unwanted) == (True, ())


@pytest.mark.parametrize(
    ("sentence", "wanted", "unwanted"),
    [
        ("不是很甜的巧克力", ("not too sweet",), ()),
        ("没那么甜的巧克力", ("not too sweet",), ()),
        ("不怎么甜的巧克力", ("not too sweet",), ()),
        ("不要特别甜的", ("not too sweet",), ()),
        ("不会太甜的", ("not too sweet",), ()),
        ("chocolate without being too sweet", ("not too sweet",), ()),
        ("没那么咸的薯片", (), ("too salty",)),
        ("不是特别咸的薯片", (), ("too salty",)),
        ("不太咸的薯片", (), ("too salty",)),
        ("不苦的咖啡", (), ("too bitter",)),
        ("咖啡，别太苦", (), ("too bitter",)),
    ],
)
def test_measure_is_asked_for_in_many_ways(
    sentence: str, wanted: tuple[str, ...], unwanted: tuple[str, ...]
) -> None:
    intent = understood(sentence, Inventory(LABELS), nothing_similar)
    assert (intent.wanted, intent.unwanted) == (wanted, unwanted)


@pytest.mark.parametrize("sentence", ["方便面", "egg free cookies", "a chocolate cake"])
def test_what_a_thing_is_called_is_no_wish_for_a_label(sentence: str) -> None:
    inventory = Inventory(LABELS | {"convenient": 1, "good for baking": 1})
    assert understood(sentence, inventory, nothing_similar).wanted == ()


def test_what_is_only_alike_to_a_diet_forbids_nothing() -> None:
    def similar(phrases: Sequence[str]) -> list[tuple[str, float]]:
        return [("sugar free", 0.78 if phrase == "low sugar" else 0.2) for phrase in phrases]

    intent = understood("low in sugar", Inventory(LABELS), similar)
    assert (intent.wanted, intent.left_out) == ((), ())


@pytest.mark.parametrize("sentence", ["animal shaped biscuits", "a rich stock"])
def test_what_is_only_alike_to_a_wish_for_a_pet_is_none(sentence: str) -> None:
    def similar(phrases: Sequence[str]) -> list[tuple[str, float]]:
        return [("pets love it", 0.9)] * len(phrases)

    intent = understood(sentence, Inventory(LABELS), similar)
    assert (intent.wanted, intent.shelf_words) == ((), ())


def test_a_diet_is_kept_whether_or_not_a_review_says_so() -> None:
    carried = understood("gluten free bread", Inventory(LABELS), nothing_similar)
    unheard = understood("dairy free chocolate", Inventory(LABELS), nothing_similar)
    assert (carried.wanted, carried.without_words) == (("gluten free",), ())
    assert (unheard.wanted, unheard.without_words) == ((), ("dairy",))
    assert "wheat" in carried.left_out
    assert "milk" in unheard.left_out


@pytest.mark.parametrize(
    ("sentence", "about"),
    [
        ("hot chocolate", "hot chocolate"),
        ("a sweet and salty snack", "sweet salty snack"),
        ("a tea that is not round", "tea"),
        ("a spread without palm oil", "spread"),
    ],
)
def test_words_that_only_look_like_a_cue_are_words(sentence: str, about: str) -> None:
    intent = understood(sentence, Inventory(LABELS), nothing_similar)
    assert (intent.about, intent.unwanted) == (about, ())


def test_what_is_unwanted_is_not_searched_for() -> None:
    intent = understood("crisps that are not too salty, under 20 yuan", Inventory(LABELS), nothing_similar)
    assert intent.about == "crisps"


def test_nuts_are_left_out_under_every_name() -> None:
    intent = understood("without nuts", Inventory(LABELS), nothing_similar)
    assert {"nut", "almond", "cashew"} <= set(intent.left_out)


def test_what_was_misunderstood_can_be_taken_away() -> None:
    intent = understood("crunchy, not too salty, no nuts, under 20 yuan", Inventory(LABELS), nothing_similar)
    left = intent.without(["too salty", "price"])
    assert (left.wanted, left.unwanted, left.without_words, left.at_most) == (
        ("crunchy",),
        (),
        ("nuts",),
        None,
    )
    assert not intent.without(["crunchy", "too salty", "nuts", "price"])


@pytest.mark.parametrize(
    "sentence", ["", " ", "!!!", "not", "no no no", "free", "under", "😀", "的", "不要", "a" * 200]
)
def test_nothing_makes_it_fail(sentence: str) -> None:
    assert not understood(sentence, Inventory(LABELS), nothing_similar)
