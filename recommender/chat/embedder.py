"""Texts as vectors by a server of OpenAI's protocol.

A call has a thread of its own, and with it a connection of its own to the database: what it may cost is
reserved and settled outside the page's transaction, and the page stops waiting when its time is over.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from django.db import connections

from recommender.chat.account import Account
from recommender.chat.breaker import Breaker
from recommender.chat.exceptions import BadAnswer, ChatError, ServerFailed
from recommender.chat.protocol import Usage, without_private_data
from recommender.chat.reading import ALLOWANCE, open_server, within
from recommender.chat.spending import reserved, settle
from recommender.embedding import Floats, unit
from recommender.exceptions import EmbedderSilent, ModelMismatch
from recommender.kept import Kept
from recommender.models import DIMENSIONS

AT_ONCE = 128  # texts of a call
LONGEST, SHORTEST = 8_000, 100  # characters of a text that are sent at first, and where all is refused
MOST_KEPT = 4_000  # texts whose vectors a process keeps: pages ask for the same phrases again
NOTHING = "-"  # in place of an empty text, which a server refuses
LONG = 180.0  # seconds that the worker waits

logger = logging.getLogger(__name__)
breaker = Breaker()


kept: Kept[tuple[str, str], Floats] = Kept(MOST_KEPT)  # by model and text


@dataclass(slots=True)
class ServedEmbedder:
    """`seconds` are what AT_ONCE texts may take, retries included. Raises EmbedderSilent where it is silent.

    Asks for as many dimensions as the database holds; a server that knows no such wish is asked without.
    How much its model reads no server tells: a text that it refuses is cut until it takes it.
    """

    account: Account
    seconds: float = LONG
    offers_dimensions: bool = True
    dimensions: int = DIMENSIONS

    @property
    def model_version(self) -> str:
        return f"openai:{self.account.model}"[:64]

    def embed(self, texts: Sequence[str]) -> Floats:
        sent = [without_private_data(text[:LONGEST]).strip() or NOTHING for text in texts]
        found = kept.of((self.account.model, text) for text in sent)
        known = {text: vector for (_, text), vector in found.items()}
        missing = list(dict.fromkeys(text for text in sent if text not in known))
        for start in range(0, len(missing), AT_ONCE):
            some = missing[start : start + AT_ONCE]
            known |= dict(zip(some, self._in_time(some), strict=True))
        rows = [known[text] for text in sent]
        return np.array(rows, dtype=np.float32).reshape(len(rows), DIMENSIONS)

    def _in_time(self, texts: Sequence[str]) -> Floats:
        try:
            with breaker.passing():
                return within(self.seconds + ALLOWANCE, partial(self._in_a_thread, texts))
        except ChatError as error:
            raise EmbedderSilent(str(error)) from error

    def _in_a_thread(self, texts: Sequence[str]) -> Floats:
        try:
            return self._taken(texts, time.monotonic() + self.seconds)
        finally:
            connections["recommender"].close()

    def _taken(self, texts: Sequence[str], deadline: float) -> Floats:
        """Their vectors, kept as they come: what is refused together is asked in smaller parts.

        Raises ServerFailed, BadAnswer, BudgetSpent or ModelMismatch.
        """
        try:
            vectors = self._paid(texts, deadline)
        except ServerFailed as error:
            parts = smaller(texts) if error.is_refusal else []
            if not parts:
                raise
            vectors = np.concatenate([self._taken(part, deadline) for part in parts])
        kept.keep({(self.account.model, text): vector for text, vector in zip(texts, vectors, strict=True)})
        return vectors

    def _paid(self, texts: Sequence[str], deadline: float) -> Floats:
        at_most = sum(len(text.encode()) // 2 + 8 for text in texts)
        with reserved(self.account.price.of(Usage(at_most))) as reservation:
            vectors, read = self._asked(texts, deadline)
        settle(reservation, self.account.price.of(Usage(read)) if read else reservation.cost)
        return vectors

    def _asked(self, texts: Sequence[str], deadline: float) -> tuple[Floats, int]:
        """A server that refuses both ways refuses the texts, and not the wish."""
        try:
            return self._call(texts, deadline, self.offers_dimensions)
        except ServerFailed as error:
            if not error.is_refusal or not self.offers_dimensions:
                raise
        answer = self._call(texts, deadline, False)
        self.offers_dimensions = False
        return answer

    def _call(self, texts: Sequence[str], deadline: float, wishes_dimensions: bool) -> tuple[Floats, int]:
        """(texts, dimensions), and how many tokens were read.

        Raises ServerFailed, BadAnswer or ModelMismatch.
        """
        wish: dict[str, Any] = {"dimensions": DIMENSIONS} if wishes_dimensions else {}
        answer = open_server(self.account).call(
            lambda client, left: client.embeddings.create(
                model=self.account.model, input=list(texts), encoding_format="float", timeout=left, **wish
            ),
            seconds=deadline - time.monotonic(),
        )
        rows = sorted(answer.data or [], key=lambda row: row.index)
        if [row.index for row in rows] != list(range(len(texts))):
            raise BadAnswer("it has not one vector for each text")
        size = len(rows[0].embedding)
        if any(len(row.embedding) != size for row in rows):
            raise BadAnswer("its vectors are of several sizes")
        if size != DIMENSIONS:
            raise ModelMismatch(self.model_version, size, DIMENSIONS)
        vectors = np.array([row.embedding for row in rows], dtype=np.float32)
        if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
            raise BadAnswer("it holds a vector that has no direction")
        return unit(vectors), answer.usage.prompt_tokens if answer.usage else 0


def smaller(texts: Sequence[str]) -> list[Sequence[str]]:
    """The two halves of several texts, the first half of a single one; nothing where that is too short."""
    middle = len(texts) // 2
    if middle:
        return [texts[:middle], texts[middle:]]
    [text] = texts
    return [[text[: max(len(text) // 2, SHORTEST)]]] if len(text) > SHORTEST else []
