"""What the reviews' own words and stars say of labels, beside what the network has learnt.

A label whose words stand together in a review is probably said there (copying: Gu et al., 2016); praise of
something with one or two stars, blame of something with five, and the contrary of a label that stands there,
probably not.

Letters: R reviews, P pairs, L labels.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seq2label.config import SearchConfig
from seq2label.vocabulary import STARS, LabelInventory, Vocabulary, label_key

NEGATIONS = frozenset({"not", "no", "never", "without", "nothing", "hardly"})
NOBODY = 2  # the side of an empty review
REACH = 2  # words before a mention in which a negation turns it over
SLACK = 1  # how much further apart than side by side and one between they may stand


@dataclass(frozen=True, slots=True)
class Grounds:
    """mentions (R, L): one where the label's words stand; sides (R): 1, -1, 0 by the stars, or NOBODY."""

    mentions: Tensor
    sides: Tensor

    def to(self, device: torch.device) -> "Grounds":
        return Grounds(self.mentions.to(device), self.sides.to(device))


class Grounding:
    """Finds the labels of an inventory in reviews as ids of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary, inventory: LabelInventory, search: SearchConfig) -> None:
        self._search = search
        self._keys = [label_key(label.text) for label in inventory.labels]
        self._is_negative = [not NEGATIONS.isdisjoint(label.text.split()) for label in inventory.labels]
        self.polarities = torch.tensor([label.polarity for label in inventory.labels])  # (L)
        known = {stem for key in self._keys for stem in key}
        stems = ["".join(label_key(word)) for word in vocabulary.words]
        self._stems = [stem if stem in known else "" for stem in stems]
        self._negations = {
            index for index, word in enumerate(vocabulary.words) if word in NEGATIONS or word.endswith("n't")
        }
        sides = dict.fromkeys(STARS[:2], -1) | {STARS[4]: 1}
        self._sides = {vocabulary.ids[mark]: side for mark, side in sides.items()}
        self._by_rarest = self._indexed()
        self._opposites = self._opposed(inventory)

    def _indexed(self) -> dict[str, list[int]]:
        """Labels by the one of their stems that the fewest labels have."""
        counts = Counter(stem for key in self._keys for stem in set(key))
        found: dict[str, list[int]] = defaultdict(list)
        for index, key in enumerate(self._keys):
            found[min(key, key=lambda stem: (counts[stem], stem))].append(index)
        return found

    @staticmethod
    def _opposed(inventory: LabelInventory) -> Tensor:
        """(2, O): labels that begin with “not”, and the labels they deny."""
        denied = [
            (index, inventory.index(label.text.removeprefix("not ")))
            for index, label in enumerate(inventory.labels)
            if label.text.startswith("not ")
        ]
        found = [pair for pair in denied if pair[1] is not None]
        return torch.tensor(found, dtype=torch.long).reshape(-1, 2).T

    def look(self, reviews: Sequence[Sequence[int]]) -> Grounds:
        """Read R reviews, each the id of its stars and those of its words; nothing stands in an empty one."""
        mentions = torch.zeros(len(reviews), len(self._keys))  # (R, L)
        for row, review in enumerate(reviews):
            mentions[row, sorted(self._mentioned(review))] = 1.0
        sides = torch.tensor([self._sides.get(review[0], 0) if review else NOBODY for review in reviews])
        return Grounds(mentions, sides)

    def _mentioned(self, review: Sequence[int]) -> set[int]:
        places: dict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(review):
            if stem := self._stems[word]:
                places[stem].append(place)
        return {
            index
            for stem in places
            for index in self._by_rarest.get(stem, ())
            if any(self._stands_at(index, place, places, review) for place in places[stem])
        }

    def _stands_at(self, index: int, place: int, places: dict[str, list[int]], review: Sequence[int]) -> bool:
        """Whether all words of a label stand around a place, and nothing before them turns them over."""
        key = self._keys[index]
        if any(stem not in places for stem in key):
            return False
        near = [min(places[stem], key=lambda other: abs(other - place)) for stem in key] + [place]
        if max(near) - min(near) > len(key) + SLACK:
            return False
        before = review[max(0, min(near) - REACH) : min(near)]
        return self._is_negative[index] or self._negations.isdisjoint(before)

    def adjusted(self, marginals: Tensor, grounds: Grounds, first: Tensor, second: Tensor) -> Tensor:
        """Marginals (P, L) of the pairs of reviews `first` (P) and `second` (P), moved in log-odds."""
        mentions = torch.maximum(grounds.mentions[first], grounds.mentions[second])  # (P, L)
        side = self._shared_side(grounds.sides[first], grounds.sides[second]).unsqueeze(1)  # (P, 1)
        contrary = self.polarities.to(side.device) * side < 0  # (P, L)
        denials, denied = self._opposites.to(side.device)  # (O) each
        contrary[:, denials] |= mentions[:, denied] > 0
        contrary[:, denied] |= mentions[:, denials] > 0
        contrary &= mentions == 0
        odds = marginals.clamp(1e-6, 1 - 1e-6).logit()
        return (odds + self._search.copied * mentions - self._search.contrary * contrary).sigmoid()

    @staticmethod
    def _shared_side(one: Tensor, other: Tensor) -> Tensor:
        """(P): the side that both reviews are on, or the only one there is; 0 where they differ."""
        shared = torch.where(one == other, one, torch.zeros_like(one))
        shared = torch.where(one == NOBODY, other, torch.where(other == NOBODY, one, shared))
        return shared.masked_fill(shared == NOBODY, 0)
