"""Training labels from a chat model: which pairs are asked, what that costs, and what comes of the answers.

The journal says which question was answered, under a key that follows from model, guide and pair. So a run
that is killed is gone on with by running it again, and an answer is paid for once, whatever else has changed.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import orjson

from recommender.chat.account import Account
from recommender.chat.exceptions import ChatError
from recommender.chat.journal import Entry, Journal
from recommender.chat.labels import Problem, checked, pair_question
from recommender.chat.pairs import ReviewPair
from recommender.chat.protocol import Question, Usage
from recommender.outputs import replaced_whole

ANSWER = "answer"  # kind of an entry in the journal
TOKENS_OF_AN_ANSWER = 16  # about: two labels as JSON
Advance = Callable[[int], object]


class CostsTooMuch(ChatError):
    """The run would, or might, cost more than it may. `is_begun`: some of it is answered and kept."""

    def __init__(self, expected: Decimal, most: Decimal, *, is_begun: bool) -> None:
        super().__init__(
            f"The next question could cost more than is left of --max-cost {most}: what is answered is kept. "
            "Run again with more, or with a smaller --limit."
            if is_begun
            else f"This would cost about {expected:.4f}, more than --max-cost {most}: allow more, or "
            "choose a smaller --limit."
        )


@dataclass(frozen=True, slots=True)
class Asking:
    """A pair with its question."""

    pair: ReviewPair
    question: Question
    key: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What the model said to one question, as it said it; `problem` is why it said nothing."""

    key: str
    content: str
    problem: str
    cost: Decimal

    @classmethod
    def of(cls, entry: Entry) -> "Answered":
        return cls(entry["key"], entry["content"], entry["problem"], Decimal(entry["cost"]))

    @property
    def entry(self) -> Entry:
        return {
            "kind": ANSWER, "key": self.key, "content": self.content, "problem": self.problem,
            "cost": str(self.cost),
        }  # fmt: skip


@dataclass(slots=True)
class Run:
    """All pairs that are to be labelled, and what is known of them."""

    account: Account
    askings: Sequence[Asking]
    journal: Journal
    most: Decimal | None = None  # that it may cost, earlier turns included
    answers: dict[str, Answered] = field(
        init=False
    )  # by key; those of other runs that shared the journal too
    spent: Decimal = field(init=False)  # on the pairs of this run

    def __post_init__(self) -> None:
        told = (entry for entry in self.journal.entries if entry["kind"] == ANSWER)
        self.answers = {entry["key"]: Answered.of(entry) for entry in told}
        ours = (self.answers.get(asking.key) for asking in self.askings)
        self.spent = sum((answer.cost for answer in ours if answer), Decimal(0))

    @property
    def pending(self) -> list[Asking]:
        return [asking for asking in self.askings if asking.key not in self.answers]

    @property
    def is_begun(self) -> bool:
        return any(asking.key in self.answers for asking in self.askings)

    def take(self, *answers: Answered) -> None:
        """Note answers, those too that are of no use: they are paid, and not asked for again."""
        self.journal.add(*(answer.entry for answer in answers))
        self.answers |= {answer.key: answer for answer in answers}
        self.spent += sum((answer.cost for answer in answers), Decimal(0))

    def charged(self, usage: Usage, otherwise: Decimal) -> Decimal:
        """By the tokens that the server counted; `otherwise`, where it counted none."""
        return self.account.price.of(usage) if usage.read else otherwise

    def most_for(self, askings: Iterable[Asking]) -> Decimal:
        """The most that these can cost."""
        return sum((self.account.price.at_most(asking.question) for asking in askings), Decimal(0))

    def refuse_if_too_dear(self, estimate: "Estimate") -> None:
        """Raises CostsTooMuch."""
        if self.most is not None and self.spent + estimate.cost > self.most:
            raise CostsTooMuch(self.spent + estimate.cost, self.most, is_begun=False)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the questions that are left will cost about, and at most."""

    usage: Usage
    cost: Decimal
    most: Decimal

    @classmethod
    def of(cls, run: Run) -> "Estimate":
        pending = run.pending
        read = sum(asking.question.tokens_about for asking in pending)
        usage = Usage(read, TOKENS_OF_AN_ANSWER * len(pending))
        return cls(usage, run.account.price.of(usage), run.most_for(pending))


@dataclass(frozen=True, slots=True)
class Outcome:
    written: int
    refused: Counter[Problem]
    spent: Decimal


def askings_of(pairs: Iterable[ReviewPair], model: str) -> list[Asking]:
    return [
        Asking(pair, question, key_of(question, model))
        for pair, question in ((pair, pair_question(pair)) for pair in pairs)
    ]


def key_of(question: Question, model: str) -> str:
    return sha256(json.dumps(question.body(model), sort_keys=True).encode()).hexdigest()


def write_labels(run: Run, out: Path) -> Outcome:
    """The labelled pairs as `train_seq2label --pairs` reads them, whole or not at all."""
    written, refused = 0, Counter[Problem]()
    with replaced_whole(out) as file:
        for asking in run.askings:
            labels, problem = labels_in(run.answers[asking.key], asking.pair)
            if problem:
                refused[problem] += 1
                continue
            file.write(orjson.dumps(row_of(asking.pair, labels)) + b"\n")
            written += 1
    return Outcome(written, refused, run.spent)


def labels_in(answer: Answered, pair: ReviewPair) -> tuple[tuple[str, ...], Problem | None]:
    return ((), Problem.SILENT) if answer.problem else checked(answer.content, pair)


def row_of(pair: ReviewPair, labels: Sequence[str]) -> dict[str, object]:
    return {
        "id": pair.id, "asin": pair.asin, "review_a": pair.a.text, "review_b": pair.b.text,
        "stars_a": pair.a.stars, "stars_b": pair.b.stars, "labels": list(labels),
    }  # fmt: skip
