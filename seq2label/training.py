"""Training: word vectors, distillation from the linear teacher, fine-tuning with early stopping.

Every epoch draws its chances from (seed, stage, epoch) alone, so a run that was killed and resumed
ends in the same weights as one that was not.

Letters: R reviews of a batch, P pairs, L labels.
"""

import copy
import hashlib
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from seq2label.attention import Memory
from seq2label.batching import ReviewBatch, bucketed, pad
from seq2label.checkpoint import Network
from seq2label.config import ModelConfig, SearchConfig, TrainingConfig
from seq2label.distillation import (
    Floats,
    Indices,
    Lessons,
    LinearTeacher,
    Spoken,
    drawn_labels,
    label_targets,
)
from seq2label.examples import ProductReview, ReviewText, Split, apart_from, opening
from seq2label.exceptions import NotEnoughData
from seq2label.inference import Tagger
from seq2label.keywords import regressed_directions
from seq2label.metrics import mean, score
from seq2label.model import Seq2Label
from seq2label.objective import SequenceTargets, marginal_loss, permutation_loss, sequence_loss
from seq2label.sentence_teacher import SentenceTeacher
from seq2label.vocabulary import UNKNOWN, UNKNOWN_STARS, LabelInventory, Vocabulary, tokenize
from seq2label.word_vectors import word_vectors

Report = Callable[["EpochRecord"], None]
Progress = Callable[[str, int], Callable[[], None]]
"""Given a stage's title and its number of steps, returns what to call after each step."""

EMPTY = ReviewText("")
SPOKEN = "teacher.npz"
TEACHING = ("teacher_epochs", "teacher_learning_rate", "sharpness", "star_dropout", "clip", "seed")
"""The settings on which the sentence teacher depends."""
STAGES = ("weak", "fine")


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One epoch's figures."""

    stage: str
    epoch: int
    loss: float
    validation_f1: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that training reads: texts as ids, what the teachers say, the split."""

    vocabulary: Vocabulary
    inventory: LabelInventory
    vectors: Tensor
    split: Split
    reviews: tuple[ReviewText, ...]
    """The empty review, both sides of every training pair in order, then the unlabelled ones."""
    encoded: tuple[list[int], ...]
    lessons: Lessons
    seconds: dict[str, float]

    @property
    def paired(self) -> int:
        """How many of `reviews` belong to training pairs."""
        return 2 * len(self.split.train)


@dataclass(frozen=True, slots=True)
class Meeting:
    """Rows (R) of `Prepared.reviews` read together, the empty one first, and pairs (P) of places in it."""

    rows: list[int]
    first: Indices
    second: Indices


@dataclass(frozen=True, slots=True)
class Chances:
    """An epoch's sources of chance."""

    stage: str
    python: random.Random
    numpy: np.random.Generator


@dataclass(slots=True)
class Progressed:
    """Where a run stands; saved after each epoch."""

    stage: int = 0
    epoch: int = 0
    best_f1: float = -1.0
    stale: int = 0
    records: list[EpochRecord] = field(default_factory=list)
    best: dict[str, Tensor] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train, on which device, and the file that holds where the run stands."""

    model: ModelConfig
    run: TrainingConfig
    device: torch.device
    state: Path

    @property
    def spoken(self) -> Path:
        """What the sentence teacher said, kept beside the state so that a resumed run need not ask again."""
        return self.state.with_name(SPOKEN)

    def forget(self) -> None:
        """Remove what earlier runs left."""
        for file in (self.state, self.spoken):
            file.unlink(missing_ok=True)


def prepare(split: Split, unlabelled: Sequence[ProductReview], plan: Plan, progress: Progress) -> Prepared:
    """Mine labels, build the vocabulary, train word vectors and teachers: all without held-out text."""
    run, seconds = plan.run, {}
    inventory = LabelInventory.mine((pair.labels, (pair.a.stars, pair.b.stars)) for pair in split.train)
    if len(inventory) < 3:
        raise NotEnoughData(
            f"The training pairs carry {len(inventory)} different labels; at least 3 are needed."
        )
    loose = [item.review for item in apart_from(unlabelled, split.held_out)]
    sides = [side for pair in split.train for side in (pair.a, pair.b)]
    reviews = (EMPTY, *sides, *loose)
    started = time.monotonic()
    texts = [tokenize(review.text) for review in reviews]
    vocabulary = Vocabulary.build(texts, (label.text for label in inventory.labels), run.min_word_count)
    named = [label.text.split() for label in inventory.labels]
    vectors = word_vectors(
        [*texts, *named], vocabulary, plan.model.embedding, run.word_vector_epochs, run.seed
    )
    seconds["word vectors"] = time.monotonic() - started
    started = time.monotonic()
    linear = LinearTeacher(split.train, inventory, ridge=run.ridge, star_weight=run.star_weight)
    openings = [replace(review, text=opening(review.text)) for review in reviews]
    evidence = linear.examine(openings)
    seconds["regression"] = time.monotonic() - started
    spoken, seconds["sentence teacher"] = _spoken(split, inventory, reviews, plan, progress)
    lessons = Lessons(linear, evidence, spoken, run.teacher_share)
    encoded = tuple(
        vocabulary.encode_review(review.text, review.stars, plan.model.max_words) for review in openings
    )
    return Prepared(vocabulary, inventory, vectors, split, reviews, encoded, lessons, seconds)


def _spoken(
    split: Split, inventory: LabelInventory, reviews: Sequence[ReviewText], plan: Plan, progress: Progress
) -> tuple[Spoken | None, float]:
    """What the sentence teacher says of every review, and the seconds that it took, now or before a kill."""
    run = plan.run
    if not run.sentence_teacher:
        return None, 0.0
    key = _digest(split.train, reviews, [getattr(run, name) for name in TEACHING])
    if kept := _kept(plan.spoken, key):
        return kept
    started = time.monotonic()
    teacher = SentenceTeacher(_shares(split, inventory), run.seed, plan.device)
    teacher.fit(split.train, label_targets(split.train, inventory), run, progress)
    spoken = Spoken(teacher.logits(reviews, progress), teacher.label_bias)
    seconds = time.monotonic() - started
    _keep(plan.spoken, key, spoken, seconds)
    return spoken, seconds


def _shares(split: Split, inventory: LabelInventory) -> Tensor:
    """(L): the share of the training pairs that carries each label."""
    counts = torch.tensor([label.count for label in inventory.labels], dtype=torch.float)
    return (counts / len(split.train)).clamp(1e-4, 0.9)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode(errors="surrogatepass")).hexdigest()


def _kept(file: Path, key: str) -> tuple[Spoken, float] | None:
    if not file.exists():
        return None
    with np.load(file) as kept:
        if str(kept["key"]) != key:
            return None
        return Spoken(kept["logits"], kept["bias"]), float(kept["seconds"])


def _keep(file: Path, key: str, spoken: Spoken, seconds: float) -> None:
    part = file.with_suffix(".part")
    with part.open("wb") as content:
        np.savez(content, key=key, logits=spoken.logits, bias=spoken.bias, seconds=seconds)
    os.replace(part, file)


class Training:
    """One run: epochs of both stages, with its state on disk after each."""

    def __init__(self, prepared: Prepared, plan: Plan) -> None:
        self.prepared, self.run, self.device, self._state_file = prepared, plan.run, plan.device, plan.state
        self._about = _digest(prepared.split, prepared.reviews, plan.run, plan.model)
        torch.manual_seed(self.run.seed)
        self.network = Seq2Label(
            plan.model, len(prepared.vocabulary.words), prepared.vocabulary.outputs, len(prepared.inventory)
        )
        self._gold = label_targets(prepared.split.train, prepared.inventory)
        self._initialise()
        self.network.to(self.device)
        self.averaged = copy.deepcopy(self.network)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=self.run.learning_rate)
        self.state = Progressed()
        symbols = [prepared.vocabulary.encode_label(label.text) for label in prepared.inventory.labels]
        self._sequences = SequenceTargets(symbols)

    def _initialise(self) -> None:
        """Start from the word vectors, and from each label's share among the training pairs."""
        with torch.no_grad():
            self.network.embedding.weight.copy_(self.prepared.vectors)
            self.network.evidence.bias.copy_(_shares(self.prepared.split, self.prepared.inventory).log())
            self.network.evidence.weight.mul_(0.1)
            if self.run.distilled:
                self._start_from_regression()

    def _start_from_regression(self) -> None:
        """Words speak for labels from the first step as the ridge regression says they do."""
        model, paired = self.network, self.prepared.encoded[1 : self.prepared.paired + 1]
        found = regressed_directions(
            paired, self._gold, model.embedding.num_embeddings, model.config.topics, self.run.ridge
        )
        model.encoder.keywords.salience.weight.copy_(found.salience.unsqueeze(1))
        model.encoder.keywords.topics.weight.copy_(found.topics)
        model.evidence.weight[:, model.config.summary :] = self.run.sharpness * found.labels

    def fit(self, progress: Progress, report: Report) -> Network:
        """Run what is left of both stages; the best weights on the validation part are kept."""
        limits = (self.run.weak_epochs if self.run.distilled else 0, self.run.epochs)
        while self.state.stage < len(STAGES):
            stage = STAGES[self.state.stage]
            if self.state.epoch >= limits[self.state.stage] or self._is_stale(stage):
                self._enter_next_stage()
                continue
            report(self._epoch(stage, limits[self.state.stage], progress))
            self.save()
        self._return_to_best()
        return self.result()

    def result(self) -> Network:
        """The averaged network with its vocabularies, as inference takes it."""
        return Network(self.averaged, self.prepared.vocabulary, self.prepared.inventory, SearchConfig())

    def _return_to_best(self) -> None:
        if self.state.best is not None:
            self.network.load_state_dict(self.state.best)
            self.averaged.load_state_dict(self.state.best)

    def _is_stale(self, stage: str) -> bool:
        return stage == "fine" and self.state.stale >= self.run.patience

    def _enter_next_stage(self) -> None:
        """Fine-tuning goes on from the best weights so far, with a fresh optimizer."""
        self.state.stage, self.state.epoch, self.state.stale = self.state.stage + 1, 0, 0
        self._return_to_best()
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), lr=self.run.fine_learning_rate, weight_decay=1e-6
        )

    def _epoch(self, stage: str, limit: int, progress: Progress) -> EpochRecord:
        started = time.monotonic()
        epoch = self.state.epoch + 1
        seed = int.from_bytes(hashlib.sha256(f"{self.run.seed} {stage} {epoch}".encode()).digest()[:4])
        torch.manual_seed(seed)
        chances = Chances(stage, random.Random(seed), np.random.default_rng(seed))
        make = self._weak_batches if stage == "weak" else self._gold_batches
        batches = make(chances.python)
        self._schedule(stage, epoch, limit)
        step = progress(f"{stage} epoch {epoch}", len(batches))
        self.network.train()
        losses = []
        for meeting in batches:
            losses.append(self._update(meeting, chances))
            step()
        record = EpochRecord(stage, epoch, mean(losses), self._validate(), time.monotonic() - started)
        self._note(record)
        return record

    def _schedule(self, stage: str, epoch: int, limit: int) -> None:
        """Weak learning slows down linearly to a tenth; fine-tuning halves over its course."""
        rate, floor = (self.run.learning_rate, 0.1) if stage == "weak" else (self.run.fine_learning_rate, 0.5)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * (1 - (1 - floor) * (epoch - 1) / max(1, limit - 1))

    def _weak_batches(self, chance: random.Random) -> list[Meeting]:
        """Any two reviews that happen to meet in a batch make a pair; some stand alone."""
        lengths = [len(words) for words in self.prepared.encoded[1:]]
        batches = []
        for places in bucketed(lengths, self.run.batch_reviews, chance):
            rows = [0, *(place + 1 for place in places if lengths[place])]
            count = max(2, int(len(rows) * self.run.pairs_per_review))
            first = np.array([chance.randrange(1, len(rows)) for _ in range(count)])
            alone = [chance.random() < self.run.single_share for _ in range(count)]
            second = np.array([0 if single else chance.randrange(1, len(rows)) for single in alone])
            second[second == first] = 0
            batches.append(Meeting(rows, first, second))
        return batches

    def _gold_batches(self, chance: random.Random) -> list[Meeting]:
        """The labelled pairs, and their sides alone as the teacher sees them."""
        lengths = [len(self.prepared.encoded[row]) for row in range(1, self.prepared.paired + 1)]
        longest = [max(lengths[place : place + 2]) for place in range(0, len(lengths), 2)]
        batches = []
        for places in bucketed(longest, self.run.batch_reviews // 2, chance):
            rows = [0, *(2 * place + side for place in places for side in (1, 2))]
            pairs = np.arange(len(places))
            alone = np.array([row for row in range(1, len(rows)) if chance.random() < self.run.single_share])
            first = np.concatenate([2 * pairs + 1, alone]).astype(np.int64)
            second = np.concatenate([2 * pairs + 2, np.zeros(len(alone))]).astype(np.int64)
            batches.append(Meeting(rows, first, second))
        return batches

    def _targets(self, stage: str, meeting: Meeting) -> Floats:
        """(P, L): what the teacher says; in fine-tuning mostly what the labels of the pair say."""
        where, first, second = np.array(meeting.rows), meeting.first, meeting.second
        said = self.prepared.lessons.marginals(where[first], where[second])
        if stage == "fine":
            labelled = second != 0
            gold = self._gold[(where[first[labelled]] - 1) // 2]
            said[labelled] = 0.7 * gold + 0.3 * said[labelled] if self.run.distilled else gold
        return said

    def _update(self, meeting: Meeting, chances: Chances) -> float:
        targets = self._targets(chances.stage, meeting)
        labels = drawn_labels(targets**2 if chances.stage == "fine" else targets, chances.numpy)
        batch = self._disturbed(meeting.rows, chances.python).to(self.device)
        marginals = torch.from_numpy(targets).to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            readings = self.network.read(batch)
            first, second = (
                torch.from_numpy(side).to(self.device) for side in (meeting.first, meeting.second)
            )
            summary = self.network.joined(readings.summary[first], readings.summary[second])
            said = len(first) if chances.stage == "fine" else max(2, int(len(first) * self.run.spoken_share))
            memory = self.network.remember(readings, first[:said], second[:said])
            loss = marginal_loss(self.network.weigh(summary), marginals)
            loss = loss + self._spoken_loss(chances.stage, summary[:said], memory, labels[:said])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.run.clip)
        self.optimizer.step()
        self._average()
        return float(loss.detach())

    @torch.no_grad()
    def _average(self) -> None:
        """Follow the weights slowly (Polyak averaging): what the last batches happened to say evens out."""
        for slow, quick in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
            slow.lerp_(quick, 1 - self.run.averaging)

    def _spoken_loss(self, stage: str, summary: Tensor, memory: Memory, labels: Indices) -> Tensor:
        """The decoder's loss; labels drawn from the teacher come in a random order already."""
        smoothing = self.run.label_smoothing
        orders = [labels, labels[:, ::-1]] if self.run.permuted and stage == "fine" else [labels]
        losses = []
        for order in orders:
            targets = self._sequences.of([(int(a), int(b)) for a, b in order]).to(self.device)
            losses.append(sequence_loss(self.network.unroll(targets, summary, memory), targets, smoothing))
        return permutation_loss(losses[0], losses[-1])

    def _disturbed(self, rows: Sequence[int], chance: random.Random) -> ReviewBatch:
        """Pad the reviews, with some stars and some words withheld."""
        ids = self.prepared.vocabulary.ids
        unknown, no_stars = ids[UNKNOWN], ids[UNKNOWN_STARS]
        batch = pad([self.prepared.encoded[row] for row in rows])
        hidden = torch.rand(batch.tokens.shape) < self.run.word_dropout
        hidden[:, 0] = False
        batch.tokens[hidden & (batch.tokens != 0)] = unknown
        for row, length in enumerate(batch.lengths.tolist()):
            if length and chance.random() < self.run.star_dropout:
                batch.tokens[row, 0] = no_stars
        return batch

    def _validate(self) -> float:
        tagger = Tagger(self.result(), "in training", self.device)
        pairs = self.prepared.split.validation
        found = tagger.label_pairs([(pair.a, pair.b) for pair in pairs], always_two=True)
        predicted = {
            pair.id: [label.text for label in labels] for pair, labels in zip(pairs, found, strict=True)
        }
        return score(pairs, predicted).agreement.exact_f1

    def _note(self, record: EpochRecord) -> None:
        state = self.state
        state.epoch = record.epoch
        state.records.append(record)
        if record.validation_f1 > state.best_f1:
            state.best_f1, state.stale = record.validation_f1, 0
            state.best = {
                name: weight.detach().cpu().clone() for name, weight in self.averaged.state_dict().items()
            }
        else:
            state.stale += 1

    def save(self) -> None:
        """Write the state beside its place and move it there, so that a kill leaves the last whole one."""
        saved = asdict(self.state) | {
            "records": [asdict(record) for record in self.state.records],
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "about": self._about,
        }
        part = self._state_file.with_suffix(".part")
        torch.save(saved, part)
        os.replace(part, self._state_file)

    def resume(self) -> bool:
        """Go on from the saved state, if there is one of a run with the same settings on the same data."""
        if not self._state_file.exists():
            return False
        saved = torch.load(self._state_file, map_location=self.device, weights_only=True)
        if saved.get("about") != self._about:
            return False
        self.state = Progressed(
            **{name: saved[name] for name in ("stage", "epoch", "best_f1", "stale", "best")},
            records=[EpochRecord(**record) for record in saved["records"]],
        )
        self.network.load_state_dict(saved["network"])
        self.averaged.load_state_dict(saved["averaged"])
        rate = self.run.learning_rate if self.state.stage == 0 else self.run.fine_learning_rate
        decay = 0.0 if self.state.stage == 0 else 1e-6
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=rate, weight_decay=decay)
        self.optimizer.load_state_dict(saved["optimizer"])
        return True
