"""Measuring foresight: what is held back, how ties fall, and what a file must be."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from recommender.evaluation.interactions import InteractionsUnreadable, read_interactions
from recommender.evaluation.measures import gain, measure, places_of

HEADING = "user_id\titem_id\ttime\n"
DAY = 86_400


def a_file(folder: Path, *events: tuple[object, object, object]) -> Path:
    path = folder / "interactions.tsv"
    path.write_text(HEADING + "".join("\t".join(map(str, event)) + "\n" for event in events))
    return path


def test_the_last_of_each_user_is_held_back_and_the_one_before_it_chooses_settings(tmp_path: Path) -> None:
    path = a_file(tmp_path, ("u", "c", 3 * DAY), ("u", "a", DAY), ("u", "b", 2 * DAY), ("v", "a", 9 * DAY))
    history, items = read_interactions(path)  # v has one item: nothing could be learnt and measured
    test, validation = history.split(1), history.split(2)
    assert [items[place] for place in test.known.items] == ["a", "b"]
    assert [items[place] for place in test.targets] == ["c"]
    assert [items[place] for place in validation.known.items] == ["a"]
    assert [items[place] for place in validation.targets] == ["b"]


def test_ties_of_the_last_moment_are_counted_and_fall_alike_in_any_order_of_the_file(tmp_path: Path) -> None:
    events = [("u", item, DAY) for item in ("a", "b", "c", "d", "e")]
    one, items = read_interactions(a_file(tmp_path, *events))
    other, _ = read_interactions(a_file(tmp_path, *reversed(events)))
    assert one.tied_users == other.tied_users == 1
    assert one.events.items.tolist() == other.events.items.tolist()
    assert [items[place] for place in one.events.items] != ["a", "b", "c", "d", "e"]


def test_equal_scores_stand_in_the_order_of_the_items() -> None:
    scores = np.array([[1.0, 3.0, 3.0, 3.0, 0.0]], dtype=np.float32)
    assert [places_of(scores, np.array([item]))[0] for item in range(5)] == [3, 0, 1, 2, 4]


def test_what_a_user_has_is_not_shown_again(tmp_path: Path) -> None:
    events = [(user, item, day * DAY) for user in "uvw" for day, item in enumerate("abcd")]
    history, _ = read_interactions(a_file(tmp_path, *events))
    split = history.split(1)
    found = measure(lambda users: np.tile(np.arange(4.0, 0.0, -1.0), (len(users), 1)), split, 1)
    assert found.hits.tolist() == [1.0, 1.0, 1.0]  # a, b and c score higher, and everybody has them
    assert found.gains.tolist() == [1.0, 1.0, 1.0]
    assert found.coverage == 0.25


def test_a_gain_is_taken_user_by_user() -> None:
    theirs = np.array([1.0, 0.0] * 50)
    assert gain(theirs * 2, theirs) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("user_id\titem_id\n1\t2\n", "has no column time: its first line must name user_id, item_id, time"),
        (HEADING + "1\t2\t3\n1\t\t4\n", "line 3: item_id is empty."),
        (HEADING + "1\t1.52E+18\t3\n", "line 2: item_id is 1.52E+18, an id that a spreadsheet has rounded."),
        (HEADING + "1\t2\t3\n\n1\t\t4\n", "line 3: user_id is empty."),
        (HEADING + "1\t2\tyesterday\n", "line 2: time is 'yesterday', not whole seconds since 1970."),
        (HEADING + "1\t2\t3\n", "has no user with 3 items or more: nothing can be measured."),
        ("", "cannot be read as a tab-separated table"),
    ],
)
def test_a_file_that_is_no_table_of_interactions_is_refused_with_the_line(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "interactions.tsv"
    path.write_text(text)
    with pytest.raises(
        InteractionsUnreadable, match="(?s)" + sentence.replace("+", r"\+").replace(".", r"\.")
    ):
        read_interactions(path)


def test_the_command_measures_every_model_and_writes_the_figures(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    events = [
        (user, f"item-{(start + step) % 11}", (start + step) * DAY)
        for user, start in enumerate(generator.integers(0, 11, size=60))
        for step in range(5)
    ]
    figures, printed = tmp_path / "figures.json", StringIO()
    call_command("evaluate_recommender", interactions=a_file(tmp_path, *events), json=figures, stdout=printed)
    found = json.loads(figures.read_text())
    assert {"Larder", "popularity", "ItemKNN", "EASE", "EASE, recency decay"} <= found.keys()
    assert found["Larder"]["HR@4"] == 1.0  # whoever took n takes n + 1
    assert {"HR@4", "NDCG@4", "coverage@4"} <= found["popularity"].keys()
    assert "| Larder | 1.0000" in printed.getvalue()


def test_the_blend_is_set_beside_behaviour_by_how_much_is_known_of_a_user(tmp_path: Path) -> None:
    events = [(user, f"item-{(user + step) % 11}", step * DAY) for user in range(30) for step in range(4)]
    meta = tmp_path / "meta.tsv"
    listed = "".join(f"item-{number}\t[]\t[]\tcategory {number % 2}\n" for number in range(11))
    meta.write_text(f"item_id\tr_complement\tr_substitute\ti_category\n{listed}")
    printed = StringIO()
    call_command(
        "evaluate_recommender", interactions=a_file(tmp_path, *events), item_meta=meta, stdout=printed
    )
    _, _, table = printed.getvalue().partition("| events behind what a user has |")
    quarters = [line.split("|")[2].strip() for line in table.splitlines()[2:6]]
    assert quarters == ["8", "8", "7", "7"]


def test_of_a_repeated_event_the_earliest_counts_wherever_it_stands(tmp_path: Path) -> None:
    events = [("u", "a", 9 * DAY), ("u", "b", 2 * DAY), ("u", "c", 3 * DAY), ("u", "a", DAY)]
    history, items = read_interactions(a_file(tmp_path, *events))
    assert [items[place] for place in history.events.items] == ["a", "b", "c"]


@pytest.mark.parametrize("listed", ["3", "[1", '{"a": 1}'])
def test_links_that_are_no_list_are_named_by_their_line(tmp_path: Path, listed: str) -> None:
    events = [("u", item, day * DAY) for day, item in enumerate("abc")]
    meta = tmp_path / "meta.tsv"
    meta.write_text(f"item_id\tr_complement\tr_substitute\na\t[]\t\nb\t{listed}\t[]\n")
    with pytest.raises(CommandError, match="line 3: .* is not a list of item ids"):
        call_command("evaluate_recommender", interactions=a_file(tmp_path, *events), item_meta=meta)


def test_a_folder_that_is_not_there_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no folder .* make it first"):
        call_command(
            "evaluate_recommender",
            interactions=tmp_path / "nowhere.tsv",
            json=tmp_path / "no" / "figures.json",
        )


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere.tsv cannot be read"):
        call_command("evaluate_recommender", interactions=tmp_path / "nowhere.tsv")
