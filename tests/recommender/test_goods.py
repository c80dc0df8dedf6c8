"""What kind of goods a request names, and which products are of it."""

import pytest

from recommender.chinese import is_chinese
from recommender.goods import Kind, belonging, kinds_named, kinds_told, the_thing

TEA = frozenset({"tea", "green"})
NOTHING: Kind = frozenset()


def of_each(text: str, *products: tuple[str, str]) -> list[float]:
    """How far products are of the kinds that the text names; each by a term of its name and of its shelf."""
    kinds = kinds_named(text, text, [], [])
    return [belonging(kinds, frozenset({name}), frozenset({shelf})) for name, shelf in products]


@pytest.mark.parametrize("text", ["nibbles", "a nibble", "些小食", "Munchies!"])
def test_a_word_for_a_kind_stands_for_what_belongs_to_it(text: str) -> None:
    assert of_each(text, ("almond", "nut"), ("sencha", "tea")) == [1.0, 0.0]


def test_a_product_of_half_of_the_kinds_belongs_by_half() -> None:
    assert of_each("coffee for breakfast", ("oat", "cereal"), ("espresso", "coffe")) == [0.5, 0.5]


def test_a_word_in_another_word_names_nothing() -> None:
    assert kinds_named("a grunge caterpillar", "grunge caterpillar", [], []) == []


def test_sweets_are_a_kind_and_sweet_is_none() -> None:
    assert kinds_named("sweet apples", "sweet apples", [], []) == []
    assert of_each("sweets", ("gummi", "sweet"), ("salt", "spice")) == [1.0, 0.0]


def test_a_shelf_that_is_named_is_asked_for_and_not_what_only_bears_its_name() -> None:
    kinds = kinds_named("a green tea", "green tea", [], [TEA, NOTHING])
    assert kinds == [frozenset({"green"}), frozenset({"tea"})]
    assert belonging(kinds, NOTHING, TEA) == 1.0
    assert belonging(kinds, frozenset({"tea", "biscuit"}), frozenset({"biscuit"})) == 0.0


@pytest.mark.parametrize(
    ("sentence", "thing"),
    [
        ("honey for tea", "honey"),
        ("biscuits without chocolate", "biscuits"),
        ("something to drink with cake", ""),
        ("I'm always hungry, nuts for a hike", "i'm always hungry, nuts"),
        ("I don't like ginger, biscuits please", " biscuits please"),
        ("配咖啡的饼干", "饼干"),
        ("饼干", "饼干"),
        ("好吃的", "好吃的"),
    ],
)
def test_the_thing_stands_before_its_purpose_and_in_chinese_behind_it(sentence: str, thing: str) -> None:
    assert the_thing(sentence.lower()).strip() == thing.strip()


def test_what_the_thing_is_for_is_not_asked_for_unless_it_is_an_occasion() -> None:
    assert of_each("biscuits for coffee", ("espresso", "coffe"), ("cooki", "biscuit")) == [0.0, 1.0]
    assert of_each("something for a movie", ("popcorn", "crisp"), ("sencha", "tea")) == [1.0, 0.0]


def test_what_a_thing_of_no_kind_is_for_may_name_one() -> None:
    assert of_each("a gift for a coffee lover", ("espresso", "coffe"), ("cooki", "biscuit")) == [1.0, 0.0]


def test_what_a_thing_that_some_product_is_called_is_for_names_none() -> None:
    assert kinds_named("honey for coffee", "honey coffee", [frozenset({"acacia", "honey"})], []) == []


def test_what_is_left_out_is_no_kind_that_is_asked_for() -> None:
    assert kinds_named("给不喝咖啡的人提神的", "给　的人提神的", [], []) == []
    assert kinds_named("something without coffee", "", [], []) == []


def test_a_quality_names_no_shelf() -> None:
    soft_drinks = frozenset({"soft", "drink"})
    assert kinds_named("soft rolls", "soft rolls", [], [soft_drinks]) == []


def test_a_chinese_character_within_a_word_of_a_shelf_names_no_shelf() -> None:
    tropical, oils = frozenset("热带"), frozenset("油")
    assert kinds_named("带去公园", "带去公园", [], [tropical, oils]) == []
    assert kinds_named("很香的油", "很香的油", [], [tropical, oils]) == [frozenset("油")]


@pytest.mark.parametrize("part", ["goods", "occasions"])
def test_every_term_is_one_that_texts_are_read_by(part: str) -> None:
    told = {term for kind in kinds_told(part).values() for term in kind}
    assert {term for term in told if " " in term or (is_chinese(term) and len(term) > 2)} == set()


def test_a_request_that_names_no_kind_prefers_none() -> None:
    assert of_each("something nice", ("almond", "nut")) == [0.0]
