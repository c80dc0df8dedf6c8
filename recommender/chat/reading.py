"""A page's wish read by the chat model, in time for the page, or not at all.

Before the page waits for its search: its name for the labels and the budget are asked of the database in one
short transaction, the server outside any, and what came of it is noted in another. Whatever goes wrong, the
shop's own rules read the sentence instead.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from threading import BoundedSemaphore, Thread
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.utils import timezone

from recommender.chat.account import Account, chat_account
from recommender.chat.breaker import Breaker
from recommender.chat.exceptions import BadAnswer, ChatError, NotConfigured, ServerFailed
from recommender.chat.finetuning import tuned_model
from recommender.chat.protocol import Question, Reply, Usage
from recommender.chat.spending import Reservation, reserve, settle
from recommender.chat.wishes import INSTRUCTIONS, MOST_LABELS, told_in, wish_question
from recommender.exceptions import RecommenderError, RecommenderUnavailable
from recommender.intent import Told
from recommender.models import ChatCall, ChatOutcome, Label
from recommender.patience import page_patience

if TYPE_CHECKING:
    from recommender.chat.server import Server

T = TypeVar("T")

KEPT = timedelta(days=1)  # an answer; its row stays longer, for the costs
ROWS_KEPT = timedelta(days=90)
AT_ONCE = 16  # calls under way in one process, those included that no page waits for any more
ALLOWANCE = 0.1  # seconds that the library may take longer than it was told

logger = logging.getLogger(__name__)
breaker = Breaker()
_places = BoundedSemaphore(AT_ONCE)
_said: set[str] = set()  # which settings were missed, each said once


def told_by_chat(sentence: str) -> Told | None:
    """What the chat model says that the sentence asks for; None where the shop's own rules are to read it."""
    if settings.INTENT_READER != "chat":
        return None
    try:
        account = chat_account()
        return read(sentence, account)
    except NotConfigured as error:
        if error.variable not in _said:
            _said.add(error.variable)
            logger.warning("Wishes are read by the shop's own rules. %s", error)
    except ChatError as error:
        logger.warning("A wish was read by the shop's own rules. %s", error)
    except RecommenderUnavailable:
        logger.warning("A wish was not read by the chat model: the recommender's database does not answer.")
    return None


def read(sentence: str, account: Account) -> Told:
    """Raises ChatError or RecommenderUnavailable."""
    with page_patience(settings.RECOMMENDER_PAGE_TIMEOUT_MS):
        account = replace(account, model=tuned_model(account.base_url) or account.model)
        key = key_of(sentence, account.model)
        if kept := kept_answer(key):
            return kept
    with breaker.passing():
        with page_patience(settings.RECOMMENDER_PAGE_TIMEOUT_MS):
            question = wish_question(sentence, common_labels())
            call = ChatCall(
                question=key,
                model=account.model,
                cost=account.price.at_most(question),
                called_at=timezone.now(),
            )
            reservation = reserve(call.cost)
            call.save(force_insert=True)
        return answered(account, question, call, reservation)


def answered(account: Account, question: Question, call: ChatCall, reservation: Reservation) -> Told:
    """Ask, and note what came of it. Raises ServerFailed or BadAnswer."""
    seconds = settings.CHAT_TIMEOUT_MS / 1000
    started = time.monotonic()
    try:
        reply = within(
            seconds + ALLOWANCE,
            lambda: open_server(account).ask(account.model, question, seconds=seconds),
        )
        call.cost = charged(account, reply.usage, reservation)
        call.tokens_read, call.tokens_written = reply.usage.read, reply.usage.written
        told = told_by(reply)
        call.outcome, call.answer = ChatOutcome.ANSWERED, reply.content
    except ServerFailed as error:
        call.outcome = ChatOutcome.FAILED
        call.cost = reservation.cost if error.is_charged else Decimal(0)
        raise
    except BadAnswer:
        call.outcome = ChatOutcome.UNUSABLE
        raise
    finally:
        call.milliseconds = int(1000 * (time.monotonic() - started))
        note(call, reservation)
    return told


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns. Raises ServerFailed once `seconds` are over, whatever it still waits for.

    A timeout of the library is of each read: a server that sends a byte now and then would hold a page. And
    where `work` breaks down in a way that nobody foresaw: no page is to break down with it.
    """
    if not _places.acquire(blocking=False):
        raise ServerFailed("too many calls are under way")
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:  # raised again by the page that waits
            result.set_exception(error)
        finally:
            _places.release()

    Thread(target=run, name="chat", daemon=True).start()
    try:
        return result.result(seconds)
    except TimeoutError as error:
        raise ServerFailed("it did not answer in time", is_charged=True) from error
    except RecommenderError:
        raise
    except Exception as error:
        logger.exception("A call of the chat server broke down.")
        raise ServerFailed(f"the call broke down with {type(error).__name__}", is_charged=True) from error


def open_server(account: Account) -> "Server":
    """Imported when first asked for: a large library, which a shop whose own rules read does without."""
    from recommender.chat.server import server_at  # noqa: PLC0415

    return server_at(account.base_url, account.api_key)


def told_by(reply: Reply) -> Told:
    if reply.problem:
        raise BadAnswer(reply.problem)
    return told_in(reply.content)


def charged(account: Account, usage: Usage, reservation: Reservation) -> Decimal:
    """By the tokens that the server counted; all that was reserved, where it counted none."""
    return account.price.of(usage) if usage.read else reservation.cost


def note(call: ChatCall, reservation: Reservation) -> None:
    """Never fails: the answer is worth more. What is not noted stays reserved."""
    try:
        with page_patience(settings.RECOMMENDER_PAGE_TIMEOUT_MS):
            settle(reservation, call.cost)
            call.save(
                update_fields=["outcome", "answer", "cost", "tokens_read", "tokens_written", "milliseconds"]
            )
    except RecommenderUnavailable:
        logger.warning("What a call of the chat server cost was not noted: the database does not answer.")


def key_of(sentence: str, model: str) -> str:
    """The same for the same wish: what was misunderstood is taken away by asking again."""
    return sha256("\n".join((model, INSTRUCTIONS, sentence.strip().lower())).encode()).hexdigest()


def kept_answer(key: str) -> Told | None:
    answered = ChatCall.objects.filter(
        question=key,
        outcome=ChatOutcome.ANSWERED,
        answer__isnull=False,
        called_at__gte=timezone.now() - KEPT,
    )
    content = answered.order_by("-called_at").values_list("answer", flat=True).first()
    return told_in(content) if content else None


def common_labels() -> list[str]:
    """In the order of their letters, so that a server that keeps what it read need not read it again."""
    carried = Label.objects.filter(product_count__gt=0).order_by("-product_count", "text")
    return sorted(carried.values_list("text", flat=True)[:MOST_LABELS])


def forget_calls() -> int:
    """Forget answers after a day, and the rows after ninety. Returns how many rows went."""
    now = timezone.now()
    ChatCall.objects.filter(called_at__lt=now - KEPT, answer__isnull=False).update(answer=None)
    forgotten, _ = ChatCall.objects.filter(called_at__lt=now - ROWS_KEPT).delete()
    return forgotten
