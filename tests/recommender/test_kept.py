"""A process keeps so much of what it read, and no more."""

from recommender.kept import Kept


def test_what_was_read_first_goes_first() -> None:
    kept: Kept[int, str] = Kept(most=3)
    kept.keep({1: "oats", 2: "rye"})
    kept.keep({3: "tea", 4: "jam"})
    assert kept.of([1, 2, 3, 4, 5]) == {2: "rye", 3: "tea", 4: "jam"}


def test_what_is_forgotten_makes_room() -> None:
    kept: Kept[int, str] = Kept(most=2)
    kept.keep({1: "oats", 2: "rye"})
    kept.forget([2, 7])
    kept.keep({3: "tea"})
    assert kept.of([1, 2, 3]) == {1: "oats", 3: "tea"}
    kept.forget_all()
    assert kept.of([1, 2, 3]) == {}
