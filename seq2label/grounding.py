"""What the reviews' own words and stars say of labels, beside what the network has learnt.

A label whose words stand together in a review is probably said there (copying: Gu et al., 2016); praise of
something with one or two stars, blame of something with five, and the contrary of a label that stands there,
probably not.

Letters: R reviews, P pairs, L labels.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seq2label.config import SearchConfig
from seq2label.vocabulary import STARS, LabelInventory, Vocabulary, label_key

NEGATIONS = frozenset({"not", "no", "never", "without", "nothing", "hardly"})
OPPOSITES = (("not ", ""), ("low ", "high "))
SAID_ALOUD = 0.7
NOBODY = 2  # the side of an empty review
REACH = 2  # words before a mention in which a negation turns it over
SLACK = 1  # how much further apart than side by side and one between they may stand


@dataclass(frozen=True, slots=True)
class Grounds:
    """mentions (R, L): one where the label's words stand; denials (R, L): one where they stand, but only
    turned over; sides (R): 1, -1, 0 by the stars, or NOBODY."""

    mentions: Tensor
    denials: Tensor
    sides: Tensor

    def to(self, device: torch.device) -> "Grounds":
        return Grounds(self.mentions.to(device), self.denials.to(device), self.sides.to(device))


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
        """(2, O): labels that begin as one of OPPOSITES, and the labels that say the contrary."""
        pairs = [
            (index, inventory.index(contrary + label.text.removeprefix(beginning)))
            for index, label in enumerate(inventory.labels)
            for beginning, contrary in OPPOSITES
            if label.text.startswith(beginning)
        ]
        found = [pair for pair in pairs if pair[1] is not None]
        return torch.tensor(found, dtype=torch.long).reshape(-1, 2).T

    def look(self, reviews: Sequence[Sequence[int]]) -> Grounds:
        """Read R reviews, each the id of its stars and those of its words; nothing stands in an empty one."""
        mentions, denials = torch.zeros(2, len(reviews), len(self._keys))  # (R, L) each
        for row, review in enumerate(reviews):
            said, denied = self._mentioned(review)
            mentions[row, sorted(said)] = 1.0
            denials[row, sorted(denied - said)] = 1.0
        sides = torch.tensor([self._sides.get(review[0], 0) if review else NOBODY for review in reviews])
        return Grounds(mentions, denials, sides)

    def _mentioned(self, review: Sequence[int]) -> tuple[set[int], set[int]]:
        """The labels whose words stand somewhere, and those that are denied somewhere."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(review):
            if stem := self._stems[word]:
                places[stem].append(place)
        said: set[int] = set()
        denied: set[int] = set()
        for stem, around in places.items():
            for index in self._by_rarest.get(stem, ()):
                for start in self._stands_from(index, places, around):
                    (denied if self._is_turned_over(index, start, review) else said).add(index)
        return said, denied

    def _stands_from(self, index: int, places: dict[str, list[int]], around: Sequence[int]) -> Iterator[int]:
        """Where all words of a label stand together, beside each of the places of its rarest."""
        key = self._keys[index]
        if any(stem not in places for stem in key):
            return
        for place in around:
            near = [min(places[stem], key=lambda other: abs(other - place)) for stem in key] + [place]
            if max(near) - min(near) <= len(key) + SLACK:
                yield min(near)

    def _is_turned_over(self, index: int, start: int, review: Sequence[int]) -> bool:
        before = review[max(0, start - REACH) : start]
        return not (self._is_negative[index] or self._negations.isdisjoint(before))

    def adjusted(self, marginals: Tensor, grounds: Grounds, first: Tensor, second: Tensor) -> Tensor:
        """Marginals (P, L) of the pairs of reviews `first` (P) and `second` (P), moved in log-odds."""
        mentions = torch.maximum(grounds.mentions[first], grounds.mentions[second])  # (P, L)
        side = self._shared_side(grounds.sides[first], grounds.sides[second]).unsqueeze(1)  # (P, 1)
        contrary = self._contrary(mentions, side)  # (P, L)
        odds = marginals.clamp(1e-6, 1 - 1e-6).logit()
        return (odds + self._search.copied * mentions - self._search.contrary * contrary).sigmoid()

    def alone(self, marginals: Tensor, grounds: Grounds) -> Tensor:
        """Marginals (R, L) of reviews that each stand alone, adjusted.

        Nothing is left of what a review's own words deny, nor, where they do not say it, of praise with one
        or two stars and of blame with five. What its words do say has SAID_ALOUD at least.
        """
        itself = torch.arange(len(marginals), device=marginals.device)
        contrary = self._contrary(grounds.mentions, grounds.sides.unsqueeze(1))
        said = self.adjusted(marginals, grounds, itself, itself).maximum(SAID_ALOUD * grounds.mentions)
        return said * ~(contrary | (grounds.denials > 0)) * (grounds.sides != NOBODY).unsqueeze(1)

    def _contrary(self, mentions: Tensor, side: Tensor) -> Tensor:
        """(P, L): labels that do not stand there, whose contrary does or that the side (P, 1) contradicts."""
        contrary = self.polarities.to(side.device) * side.masked_fill(side == NOBODY, 0) < 0
        denials, denied = self._opposites.to(side.device)  # (O) each
        contrary[:, denials] |= mentions[:, denied] > 0
        contrary[:, denied] |= mentions[:, denials] > 0
        return contrary & (mentions == 0)

    @staticmethod
    def _shared_side(one: Tensor, other: Tensor) -> Tensor:
        """(P): the side that both reviews are on, or the only one there is; 0 where they differ."""
        shared = torch.where(one == other, one, torch.zeros_like(one))
        shared = torch.where(one == NOBODY, other, torch.where(other == NOBODY, one, shared))
        return shared.masked_fill(shared == NOBODY, 0)
