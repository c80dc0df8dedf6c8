"""The server itself, through OpenAI's library: the only module that imports it, and itself imported late.

Errors of the library end here. A call is tried again where that can help, after a random pause that grows
(full jitter), for as long as its deadline allows.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from functools import cache
from threading import Event
from typing import Any, TypeVar

import httpx2  # openai's own
import openai

from recommender.chat.exceptions import BadAnswer, ServerFailed
from recommender.chat.protocol import Question, Reply, reply_of

T = TypeVar("T")

PAUSE, LONGEST_PAUSE = 0.25, 20.0  # seconds: the first one's limit, doubled each time up to the longest
LEAST_TIME = 0.05  # seconds without which it is not tried again
PATIENCE = 60.0  # seconds for one try of what no page waits for
LONG = 180.0  # seconds for such a call, all tries together
NOT_ARRIVED = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class Server:
    """A server of OpenAI's protocol."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self.base_url = base_url
        self.client = openai.OpenAI(base_url=base_url, api_key=api_key, max_retries=0, timeout=PATIENCE)

    def ask(self, model: str, question: Question, *, seconds: float, halt: Event | None = None) -> Reply:
        """Raises ServerFailed or BadAnswer, within about `seconds`, tries and pauses together.

        Once `halt` is set it is not tried again.
        """

        def tried(left: float) -> Reply:
            raw = self.client.chat.completions.with_raw_response.create(
                **question.body(model), timeout=min(left, PATIENCE)
            )
            return reply_of(as_json(raw.text))

        return attempted(tried, seconds, halt or Event())

    def call(self, work: Callable[[openai.OpenAI, float], T], *, seconds: float = LONG) -> T:
        """What `work` does with the library, tried again where that can help. Raises ServerFailed."""
        return attempted(lambda left: work(self.client, min(left, PATIENCE)), seconds, Event())

    def call_once(self, work: Callable[[openai.OpenAI, float], T]) -> T:
        """For what would be there twice if it were tried again. Raises ServerFailed."""
        try:
            return work(self.client, PATIENCE)
        except openai.APIError as error:
            raise failure(error) from error


def attempted(call: Callable[[float], T], seconds: float, halt: Event) -> T:
    """What `call` returns at the first try that works; it is told how many seconds are left.

    Raises ServerFailed.
    """
    deadline = time.monotonic() + seconds
    limit = PAUSE
    is_charged = False  # by an earlier try
    while True:
        try:
            return call(max(deadline - time.monotonic(), LEAST_TIME))
        except openai.APIError as error:
            failed = failure(error, is_charged)
            pause = told_to_wait(error)
            if pause is None:
                pause = random.uniform(0, limit)  # noqa: S311 (no secret)
            if not can_pass(error) or time.monotonic() + pause + LEAST_TIME > deadline or halt.wait(pause):
                raise failed from error
            is_charged, limit = failed.is_charged, min(2 * limit, LONGEST_PAUSE)


def can_pass(error: openai.APIError) -> bool:
    """Whether the same call may succeed later: it did not arrive, there were too many, the server broke."""
    if isinstance(error, openai.APIStatusError):
        return error.code != "insufficient_quota" and (
            error.status_code in {408, 409, 429} or error.status_code >= 500
        )
    return isinstance(error, openai.APIConnectionError)


def told_to_wait(error: openai.APIError) -> float | None:
    """Seconds, from `Retry-After`, where the server sent one."""
    if not isinstance(error, openai.APIStatusError):
        return None
    try:
        return max(0.0, float(error.response.headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def failure(error: openai.APIError, is_charged: bool = False) -> ServerFailed:
    """A call whose answer did not come in time may have been answered, and is to be paid for."""
    if isinstance(error, openai.APIStatusError):
        return ServerFailed(
            f"{error.status_code}, {message_of(error)}", is_charged=is_charged, status=error.status_code
        )
    arrived = not isinstance(error.__cause__, NOT_ARRIVED)
    if isinstance(error, openai.APITimeoutError):
        return ServerFailed("it did not answer in time", is_charged=is_charged or arrived)
    reason = " ".join(str(error.__cause__ or error).split())
    return ServerFailed(f"it cannot be reached ({reason})", is_charged=is_charged or arrived)


def message_of(error: openai.APIStatusError) -> str:
    """The server's own sentence, on one line and not without end."""
    told = error.body.get("message") if isinstance(error.body, Mapping) else None
    return " ".join(str(told or error.message).split()).rstrip(".")[:300]


def as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadAnswer("it is no JSON") from error


@cache
def server_at(base_url: str, api_key: str) -> Server:
    """The process's one client of a server, which keeps its connections."""
    return Server(base_url, api_key)
