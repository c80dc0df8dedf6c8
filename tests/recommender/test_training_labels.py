"""Two labels for pairs of reviews, asked of a chat model over HTTP."""

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from recommender.chat.labels import Problem, broken_by
from recommender.chat.pairs import pairs_in
from recommender.chat.spending import this_month
from recommender.models import ChatMonth
from seq2label.examples import labelled_pairs
from tests.chat_server import KEY, Body, ChatServer, DoAndHangUp, Message, Refuse, Say, Wait, running
from tests.shop.amazon_files import a_review_line, written

pytestmark = pytest.mark.django_db(databases=["recommender"])

PRODUCTS = 6
COST = Decimal("0.0024")  # of an answer: 1000 tokens at 2, 50 at 8 a million


def labels(first: str = "great taste", second: str = "hard to open") -> str:
    return json.dumps({"first": first, "second": second})


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with running() as server:
        server.answer = lambda body: labels()
        yield server


@pytest.fixture(autouse=True)
def account(settings: Settings, chat: ChatServer) -> None:
    settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = chat.url, KEY
    settings.OPENAI_CHAT_MODEL, settings.OPENAI_CHAT_PRICE = "small-chat", (Decimal(2), Decimal(8))


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    return a_file(tmp_path / "reviews.json.gz", PRODUCTS)


def a_file(path: Path, products: int) -> Path:
    """Two reviews each of so many products."""
    return written(
        path,
        [
            a_review_line(
                asin=f"B{number % products:04}", reviewText=f"Cup {number} tasted of ginger and more"
            )
            for number in range(2 * products)
        ],
    )


def make(reviews: Path, **options: Any) -> str:
    answer = StringIO()
    options.setdefault("out", reviews.with_name("pairs.jsonl"))
    call_command("make_training_labels", reviews=reviews, stdout=answer, **options)
    return answer.getvalue()


def spent() -> Decimal:
    return ChatMonth.objects.get(pk=this_month()).spent


def journal_of(reviews: Path) -> list[Body]:
    lines = reviews.with_name("pairs.jsonl.journal").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_every_pair_gets_two_labels_in_the_form_that_training_reads(reviews: Path) -> None:
    printed = make(reviews)
    pairs = labelled_pairs(reviews.with_name("pairs.jsonl"))
    assert [pair.labels for pair in pairs] == [("great taste", "hard to open")] * PRODUCTS
    assert {pair.products for pair in pairs} == {(f"B{number:04}",) for number in range(PRODUCTS)}
    assert pairs[0].a.stars == 4
    assert "6 pairs of 6 products. To ask small-chat: 6" in printed
    assert "6 labelled pairs in " in printed
    assert f"for {PRODUCTS * COST:.4f}" in printed
    assert spent() == PRODUCTS * COST


def test_the_model_sees_the_guide_the_two_reviews_and_their_stars(reviews: Path, chat: ChatServer) -> None:
    make(reviews, limit=1)
    [body] = chat.completions
    assert "Exactly two labels" in body["messages"][0]["content"]
    first, second = body["messages"][1]["content"].split("\n\n")
    assert first.startswith("A (4 of 5): Cup ")
    assert second.startswith("B (4 of 5): Cup ")
    assert "Reviewer" not in json.dumps(body)


def test_a_second_run_asks_nothing_and_a_larger_limit_only_what_is_new(
    reviews: Path, chat: ChatServer
) -> None:
    make(reviews, limit=2)
    first = reviews.with_name("pairs.jsonl").read_bytes()
    make(reviews, limit=2)
    assert len(chat.completions) == 2
    printed = make(reviews, limit=5)
    assert len(chat.completions) == 5
    assert "2 of them answered already for 0.0048" in printed
    assert reviews.with_name("pairs.jsonl").read_bytes().startswith(first)
    assert spent() == 5 * COST


def test_another_model_is_asked_anew(reviews: Path, chat: ChatServer) -> None:
    make(reviews, limit=2)
    make(reviews, limit=2, model="ft:small-chat:larder")
    assert [body["model"] for body in chat.completions] == ["small-chat"] * 2 + ["ft:small-chat:larder"] * 2


def test_answers_that_break_the_guide_are_left_out_counted_and_not_asked_again(
    reviews: Path, chat: ChatServer
) -> None:
    chat.next_up += [
        Message({"content": labels("Great Taste!", "fresh")}),
        Message({"content": labels("tasty", "delicious")}),
        Message({"content": None, "refusal": "No."}),
        Message({"content": "great taste, fresh"}),
        Message({"content": labels("five stars", "fresh")}),
    ]
    printed = make(reviews, concurrency=1)
    assert len(labelled_pairs(reviews.with_name("pairs.jsonl"))) == 1
    assert "5 answers break the guide and are left out:" in printed
    for problem in (Problem.WORDING, Problem.REPEATED, Problem.SILENT, Problem.SHAPE, Problem.CUSTOMER):
        assert f"  1: {problem}\n" in printed + "\n"
    make(reviews, concurrency=1)
    assert len(chat.completions) == PRODUCTS
    assert spent() == PRODUCTS * COST


@pytest.mark.parametrize(
    ("two", "problem"),
    [
        (("great taste", "too salty"), None),
        (("too sweet", "not too sweet"), None),
        (("kids love it", "strong ginger flavor"), None),
        (("good customer service", "melts in transit"), None),
        (("great taste", "great tastes"), Problem.REPEATED),
        (("good value", "great deal"), Problem.REPEATED),
        (("very great ginger taste", "fresh"), Problem.WORDING),
        (("fresh", ""), Problem.WORDING),
        (("fresh", "good, cheap"), Problem.WORDING),
        (("would recommend", "fresh"), Problem.CUSTOMER),
        (("happy customer", "fresh"), Problem.CUSTOMER),
        (("love it", "fresh"), Problem.CUSTOMER),
        (("great zorbo taste", "fresh"), Problem.NAME),
        (("great ginger taste", "fresh"), None),
    ],
)
def test_what_breaks_the_guide(two: Sequence[str], problem: Problem | None) -> None:
    texts = "I like Zorbo bars. Ginger is in it, and my Zorbo has Ginger too\nThe ginger is fine"
    assert broken_by(two, texts) == problem


def test_a_run_that_could_cost_more_than_it_may_does_not_begin(reviews: Path, chat: ChatServer) -> None:
    with pytest.raises(CommandError, match="more than --max-cost 0.0001: allow more, or choose a smaller"):
        make(reviews, max_cost=Decimal("0.0001"))
    assert chat.asked == []
    assert not reviews.with_name("pairs.jsonl").exists()


def test_a_run_that_costs_more_than_was_thought_stops_before_it_exceeds_what_it_may(
    reviews: Path, chat: ChatServer
) -> None:
    chat.usage = (20_000, 100)  # 0.0408 an answer
    with pytest.raises(
        CommandError, match="is left of --max-cost 0.083: what is answered is kept"
    ) as stopped:
        make(reviews, max_cost=Decimal("0.083"), concurrency=1)
    assert "2 of 6 pairs are answered and kept in" in str(stopped.value)
    assert len(chat.completions) == 2
    assert spent() == 2 * Decimal("0.0408")
    assert not reviews.with_name("pairs.jsonl").exists()


def test_a_month_without_budget_ends_the_run_and_keeps_what_is_answered(
    reviews: Path, chat: ChatServer, settings: Settings
) -> None:
    settings.OPENAI_MONTHLY_BUDGET = Decimal("0.014")
    with pytest.raises(CommandError, match="raise OPENAI_MONTHLY_BUDGET"):
        make(reviews, concurrency=1)
    answered = len(chat.completions)
    assert 0 < answered < PRODUCTS
    settings.OPENAI_MONTHLY_BUDGET = Decimal(1)
    make(reviews, concurrency=1)
    assert len(chat.completions) == PRODUCTS
    assert spent() == PRODUCTS * COST


def test_a_server_that_fails_ends_the_run_and_the_next_one_goes_on(reviews: Path, chat: ChatServer) -> None:
    chat.next_up += [Message({"content": labels()})] * 2 + [Refuse(401, "Your key has expired.")]
    with pytest.raises(CommandError, match="401, Your key has expired. 2 of 6 pairs are answered and kept"):
        make(reviews, concurrency=1)
    make(reviews, concurrency=1)
    assert len(chat.completions) == PRODUCTS + 1
    assert spent() == PRODUCTS * COST


def test_what_is_no_answer_at_all_ends_the_run_too(reviews: Path, chat: ChatServer) -> None:
    chat.next_up.append(Say("<html>Log in to the hotel's network</html>"))
    with pytest.raises(CommandError, match="it is no JSON"):
        make(reviews, concurrency=1)
    assert not reviews.with_name("pairs.jsonl").exists()


@pytest.mark.parametrize("concurrency", [1, 4])
def test_one_pair_that_is_answered_without_a_completion_is_passed_over(
    reviews: Path, chat: ChatServer, concurrency: int
) -> None:
    """It is paid for, and would be the next time as well."""
    make(reviews, limit=1)
    chat.next_up.append(Say('{"id": "1", "object": "chat.completion", "choices": []}'))
    printed = make(reviews, concurrency=concurrency)
    assert f"  1: {Problem.SILENT}" in printed
    [unread] = [entry for entry in journal_of(reviews) if entry.get("problem")]
    assert unread["problem"] == "it is no chat completion"
    assert spent() == (PRODUCTS - 1) * COST + Decimal(unread["cost"])
    make(reviews)
    assert len(chat.completions) == PRODUCTS


def test_one_pair_that_the_server_will_not_read_is_passed_over(reviews: Path, chat: ChatServer) -> None:
    chat.next_up += [Message({"content": labels()}), Refuse(400, "That is not allowed.")]
    printed = make(reviews, concurrency=1)
    assert f"  1: {Problem.SILENT}" in printed
    assert spent() == (PRODUCTS - 1) * COST


def test_a_torn_last_line_of_the_journal_is_cut_off_and_asked_again(reviews: Path, chat: ChatServer) -> None:
    make(reviews)
    journal = reviews.with_name("pairs.jsonl.journal")
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-30])
    make(reviews)
    assert len(chat.completions) == PRODUCTS + 1
    assert journal.read_bytes() == whole


def test_a_file_that_is_no_journal_is_left_alone(reviews: Path, chat: ChatServer) -> None:
    journal = reviews.with_name("pairs.jsonl.journal")
    journal.write_text("my notes\n")
    with pytest.raises(CommandError, match="line 1 is no entry of a journal"):
        make(reviews)
    assert journal.read_text() == "my notes\n"
    assert chat.asked == []


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("OPENAI_API_KEY", "OPENAI_API_KEY is not set: set it to the key of OpenAI"),
        ("OPENAI_CHAT_MODEL", "OPENAI_CHAT_MODEL is not set"),
    ],
)
def test_without_a_key_one_sentence_says_what_to_set(
    reviews: Path, settings: Settings, variable: str, says: str
) -> None:
    setattr(settings, variable, "")
    with pytest.raises(CommandError, match=says):
        make(reviews)


def test_a_file_without_reviews_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reviews.json"
    path.write_text('{"title": "no review"}\n')
    with pytest.raises(CommandError, match="does not hold reviews"):
        make(path)


def test_a_product_gives_four_pairs_at_most_and_no_text_twice(tmp_path: Path) -> None:
    path = written(
        tmp_path / "reviews.json.gz",
        [
            a_review_line(asin="B1", reviewText="the very same words", reviewerID="a"),
            a_review_line(asin="B1", reviewText="the very same words", reviewerID="b"),
            a_review_line(asin="B1", reviewText="too short"),
            *(a_review_line(asin="B1", reviewText=f"this is the review number {n}") for n in range(20)),
        ],
    )
    pairs = pairs_in(path, None)
    assert len(pairs) == 4
    assert all(pair.a.text != pair.b.text for pair in pairs)
    assert len({side.text for pair in pairs for side in (pair.a, pair.b)}) == 8


def test_a_review_is_read_up_to_a_hundred_and_ten_words_without_addresses(tmp_path: Path) -> None:
    long = "write to me@mail.example " + "word " * 200
    path = written(
        tmp_path / "reviews.json.gz",
        [a_review_line(asin="B1", reviewText=text) for text in (long, "short but long enough")],
    )
    [pair] = pairs_in(path, None)
    assert len(pair.a.text.split()) == 110
    assert pair.a.text.startswith("write to […] word")


def test_a_batch_gives_what_asking_one_by_one_gives_for_its_own_price(
    reviews: Path, chat: ChatServer, settings: Settings
) -> None:
    make(reviews, out=reviews.with_name("live.jsonl"))
    settings.OPENAI_BATCH_PRICE = (Decimal(1), Decimal(4))
    printed = make(reviews, batch=True)
    assert reviews.with_name("pairs.jsonl").read_bytes() == reviews.with_name("live.jsonl").read_bytes()
    assert f"for {PRODUCTS * COST / 2:.4f}" in printed
    assert spent() == PRODUCTS * COST * Decimal("1.5")
    [batch] = chat.batches.values()
    [ticket] = [entry["ticket"] for entry in journal_of(reviews) if entry["kind"] == "batch"]
    assert batch["metadata"] == {"larder_ticket": ticket}


def test_more_than_one_batch_holds_go_one_after_the_other(reviews: Path, chat: ChatServer) -> None:
    make(reviews, batch=True, batch_size=4)
    assert [batch["request_counts"]["total"] for batch in chat.batches.values()] == [4, 2]
    assert len(labelled_pairs(reviews.with_name("pairs.jsonl"))) == PRODUCTS
    assert spent() == PRODUCTS * COST


def test_what_a_batch_had_no_time_for_goes_into_the_next(reviews: Path, chat: ChatServer) -> None:
    def first_two_in_time(number: int, body: Body) -> int | None:
        return 200 if number < 2 else None

    chat.batch_ends, chat.line_status = "expired", first_two_in_time
    make(reviews, batch=True)
    assert [batch["request_counts"]["total"] for batch in chat.batches.values()] == [6, 4, 2]
    assert len(labelled_pairs(reviews.with_name("pairs.jsonl"))) == PRODUCTS
    assert spent() == PRODUCTS * COST


def test_a_line_that_the_server_refuses_is_counted_and_one_that_failed_is_asked_again(
    reviews: Path, chat: ChatServer
) -> None:
    chat.line_status = lambda number, body: (
        {0: 400, 1: 500}.get(number, 200) if len(chat.batches) == 1 else 200
    )
    printed = make(reviews, batch=True)
    assert [batch["request_counts"]["total"] for batch in chat.batches.values()] == [6, 1]
    assert f"  1: {Problem.SILENT}" in printed
    assert spent() == (PRODUCTS - 1) * COST


def test_a_line_that_is_no_completion_is_counted_and_the_other_answers_are_kept(
    reviews: Path, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = chat.completion, iter([{"detail": "Internal error"}])
    monkeypatch.setattr(chat, "completion", lambda body: next(broken, None) or whole(body))
    printed = make(reviews, batch=True)
    assert f"  1: {Problem.SILENT}" in printed
    assert len(labelled_pairs(reviews.with_name("pairs.jsonl"))) == PRODUCTS - 1
    [unread] = [entry for entry in journal_of(reviews) if entry.get("problem")]
    assert unread["problem"] == "it is no chat completion"
    assert spent() == (PRODUCTS - 1) * COST + Decimal(unread["cost"])
    make(reviews, batch=True)
    assert len(chat.batches) == 1


def test_a_batch_that_is_refused_costs_nothing_and_says_why(reviews: Path, chat: ChatServer) -> None:
    chat.batch_ends = "failed"
    with pytest.raises(CommandError, match="it refused the batch: Too many tokens are waiting. 0 of 6 pairs"):
        make(reviews, batch=True)
    assert spent() == 0
    chat.batch_ends = "completed"
    make(reviews, batch=True)
    assert spent() == PRODUCTS * COST


def test_a_batch_that_the_server_has_forgotten_is_given_up_and_the_next_run_hands_in_another(
    reviews: Path, chat: ChatServer
) -> None:
    chat.next_up += [Wait(0), Wait(0), Refuse(401, "Your key has expired.")]
    with pytest.raises(CommandError, match="Your key has expired"):
        make(reviews, batch=True)
    chat.next_up.append(Refuse(404, "No batch of that name."))
    with pytest.raises(CommandError, match="No batch of that name. 0 of 6 pairs"):
        make(reviews, batch=True)
    [reserved] = [Decimal(entry["reserved"]) for entry in journal_of(reviews) if entry["kind"] == "batch"]
    assert spent() == reserved
    make(reviews, batch=True)
    assert len(chat.batches) == 2
    assert spent() == reserved + PRODUCTS * COST


def test_a_batch_without_a_single_answer_ends_the_run(reviews: Path, chat: ChatServer) -> None:
    chat.line_status = lambda number, body: 500
    with pytest.raises(CommandError, match="a batch came back without a single answer"):
        make(reviews, batch=True)
    assert len(chat.batches) == 1
    assert spent() == 0


def test_of_a_batch_only_as_much_is_handed_in_as_may_be_spent(reviews: Path, chat: ChatServer) -> None:
    with pytest.raises(CommandError, match="what is answered is kept"):
        make(reviews, batch=True, max_cost=Decimal("0.0135"))
    assert [batch["request_counts"]["total"] for batch in chat.batches.values()] == [4, 1]
    assert spent() == 5 * COST


def test_a_batch_whose_hand_over_was_not_answered_is_looked_for_and_not_handed_in_twice(
    reviews: Path, chat: ChatServer
) -> None:
    chat.next_up += [Wait(0), DoAndHangUp()]
    make(reviews, batch=True)
    assert len(chat.batches) == 1
    assert spent() == PRODUCTS * COST


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("reviews.json.gz", "is read, and would be replaced by what is written: name another file"),
        ("", "is no file: name one to write"),
        ("no/pairs.jsonl", "There is no folder .* for pairs.jsonl: make it first"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_is_asked(
    reviews: Path, chat: ChatServer, name: str, sentence: str
) -> None:
    before = reviews.read_bytes()
    with pytest.raises(CommandError, match=sentence):
        make(reviews, out=reviews.parent / name)
    assert (reviews.read_bytes(), list(reviews.parent.iterdir())) == (before, [reviews])
    assert chat.asked == []


def test_labels_are_compressed_where_the_name_says_so(reviews: Path) -> None:
    make(reviews, out=reviews.with_name("packed.jsonl.gz"))
    assert len(labelled_pairs(reviews.with_name("packed.jsonl.gz"))) == PRODUCTS
    assert reviews.with_name("packed.jsonl.gz").read_bytes()[:2] == b"\x1f\x8b"


@pytest.mark.parametrize(
    "line",
    [
        '{"key": "a"}',
        '{"kind": "answer", "key": "a", "problem": "", "cost": "1"}',
        '{"kind": "answer", "key": "a", "content": "", "problem": "", "cost": "dear"}',
        '{"kind": "batch", "ticket": "a", "at": 1.0, "count": 1, "month": "2026", "reserved": "1"}',
        '{"kind": "submitted", "ticket": "a"}',
    ],
)
def test_an_entry_that_lacks_what_it_must_tell_is_named_and_left_alone(
    reviews: Path, chat: ChatServer, line: str
) -> None:
    journal = reviews.with_name("pairs.jsonl.journal")
    journal.write_text(f'{{"kind": "closed", "ticket": "b"}}\n{line}\n')
    before = journal.read_text()
    with pytest.raises(CommandError, match="line 2 is no entry of a journal"):
        make(reviews)
    assert journal.read_text() == before
    assert chat.asked == []
