"""Measuring foresight: what is held back, how ties fall, and what a file must be."""

import gzip
import json
import warnings
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from recommender.evaluation import models
from recommender.evaluation.interactions import InteractionsUnreadable, read_interactions
from recommender.evaluation.measures import first, gain, interval_of_users, measure, places_of

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
        (HEADING + "1\t2\t3\n9\t1\t2\t3\n", "line 3: it has 4 columns, and the heading names 3."),
        (HEADING + "9\t1\t2\t3\n", "line 2: it has 4 columns, and the heading names 3."),
        (HEADING + "1\t2\n", "line 2: it has 2 columns, and the heading names 3."),
        ("user_id,item_id,time\n1,2,3\n", "its first line must name user_id, item_id, time, tab-separated"),
        (
            HEADING + "1\t2\t1400000000000\n",
            "not whole seconds since 1970. It may be milliseconds: divide by",
        ),
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


def test_a_quotation_mark_is_part_of_an_id(tmp_path: Path) -> None:
    events = [(user, item, day * DAY) for user in ('"u', "v") for day, item in enumerate(("a", 'b"', '"c'))]
    history, items = read_interactions(a_file(tmp_path, *events))
    assert list(items) == ['"c', "a", 'b"']
    assert (len(history.events.users), history.events.user_count) == (6, 2)


def test_a_byte_order_mark_is_no_part_of_the_heading_and_another_encoding_is_named(tmp_path: Path) -> None:
    path = a_file(tmp_path, *(("é", item, day * DAY) for day, item in enumerate("abc")))
    text = path.read_text()
    path.write_text(text, encoding="utf-8-sig")
    assert read_interactions(path)[0].events.user_count == 1
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InteractionsUnreadable, match="is not UTF-8: store it as UTF-8"):
        read_interactions(path)


def test_a_compressed_file_that_is_damaged_or_cut_short_is_named(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    events = "".join(
        f"{user}\t{item}\t{item}\n" for user, item in generator.integers(10**6, size=(20_000, 2))
    )
    whole, path = gzip.compress((HEADING + events).encode()), tmp_path / "interactions.tsv.gz"
    middle = len(whole) // 2
    for broken in (whole[:middle], whole[:middle] + b"\xff" * 64 + whole[middle + 64 :]):
        path.write_bytes(broken)
        with pytest.raises(InteractionsUnreadable, match="is cut short or damaged"):
            read_interactions(path)


def test_what_is_left_out_is_counted_and_said(tmp_path: Path) -> None:
    events = [(user, f"item-{(user + step) % 11}", step * DAY) for user in range(12) for step in range(4)]
    printed = StringIO()
    call_command(
        "evaluate_recommender",
        interactions=a_file(tmp_path, *events, (0, "item-0", 9 * DAY), (99, "item-0", DAY)),
        stdout=printed,
    )
    said = "Left out: 1 events that repeat an earlier one and 1 users with fewer than 3 items."
    assert said in printed.getvalue().splitlines()[0]


def test_each_line_is_printed_before_the_next_model_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(model: object) -> None:
        raise KeyboardInterrupt

    printed = StringIO()
    events = [(user, f"item-{(user + step) % 11}", step * DAY) for user in range(30) for step in range(4)]
    monkeypatch.setattr(models, "learn_ease", lambda known, setting: stopped(known))
    with pytest.raises(KeyboardInterrupt):
        call_command("evaluate_recommender", interactions=a_file(tmp_path, *events), stdout=printed)
    names = [line.split("|")[1].strip() for line in printed.getvalue().splitlines() if line.startswith("|")]
    assert names == ["model", "---", "Larder", "popularity", "ItemKNN", "ItemKNN, recency decay"]


def test_what_is_shown_is_what_stands_first_by_the_same_rule_as_a_place() -> None:
    generator = np.random.default_rng(5)
    scores = generator.integers(0, 4, size=(50, 17)).astype(np.float32)  # full of equal ones
    scores[generator.random(scores.shape) < 0.3] = -np.inf
    for k in (1, 3, 17, 20):
        shown = np.zeros(17, dtype=bool)
        for row in scores:
            order = np.argsort(-row, kind="stable")[:k]
            shown[order[row[order] > -np.inf]] = True
        assert first(scores, k).tolist() == np.flatnonzero(shown).tolist()


def test_what_a_user_has_covers_nothing_where_little_else_is_left() -> None:
    assert first(np.array([[-np.inf, 1.0, -np.inf, 0.0]], dtype=np.float32), 3).tolist() == [1, 3]


def test_where_a_peer_hits_nothing_or_hardly_anything_no_gain_is_said() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gain(np.ones(100, np.float32), np.zeros(100, np.float32)) is None
        assert gain(np.ones(100, np.float32), np.eye(1, 100, dtype=np.float32)[0]) is None


def test_values_of_one_user_are_drawn_together() -> None:
    values, users = np.repeat(np.array([1.0, 0.0], np.float32), 50), np.repeat([3, 7], 50)
    assert interval_of_users(values, users) == (0.0, 1.0)  # two users, whatever they took
    assert interval_of_users(np.ones(6, np.float32), np.arange(6)) == (1.0, 1.0)


@pytest.mark.parametrize("users", [1, 3])
def test_so_few_users_and_items_are_measured_too(tmp_path: Path, users: int) -> None:
    events = [(user, item, day * DAY) for user in range(users) for day, item in enumerate("abc")]
    meta, printed = tmp_path / "meta.tsv", StringIO()
    meta.write_text("item_id\tr_complement\tr_substitute\ti_category\na\t[]\t\t1\n")
    call_command(
        "evaluate_recommender", interactions=a_file(tmp_path, *events), item_meta=meta, k=1, stdout=printed
    )
    _, _, table = printed.getvalue().partition("| events behind what a user has |")
    assert len([line for line in table.splitlines()[2:] if line.startswith("|")]) == users


def test_more_than_there_are_cannot_be_shown(tmp_path: Path) -> None:
    events = [("u", item, day * DAY) for day, item in enumerate("abc")]
    with pytest.raises(CommandError, match="--k is 4, and there are 3 items: all would be shown"):
        call_command("evaluate_recommender", interactions=a_file(tmp_path, *events))


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("x\t[]\t[]\n", "names none of the items that somebody took"),
        ("a\t[]\t[]\t7\n", "line 2: it has 4 columns, and the heading names 3"),
    ],
)
def test_a_table_of_other_items_or_columns_is_refused(tmp_path: Path, lines: str, sentence: str) -> None:
    events = [("u", item, day * DAY) for day, item in enumerate("abc")]
    meta = tmp_path / "meta.tsv"
    meta.write_text(f"item_id\tr_complement\tr_substitute\n{lines}")
    with pytest.raises(CommandError, match=sentence):
        call_command("evaluate_recommender", interactions=a_file(tmp_path, *events), item_meta=meta, k=1)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("interactions.tsv", "is read, and would be replaced by what is written"), ("", "is no file: name one")],
)
def test_the_figures_take_the_place_of_nothing_that_is_needed(
    tmp_path: Path, name: str, sentence: str
) -> None:
    path = a_file(tmp_path, *(("u", item, day * DAY) for day, item in enumerate("abc")))
    before = path.read_bytes()
    with pytest.raises(CommandError, match=sentence):
        call_command("evaluate_recommender", interactions=path, json=tmp_path / name, k=1)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])
