"""Questions asked some at a time. Each answer is in the journal before another question takes its place."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from decimal import Decimal
from threading import Event

from recommender.chat.exceptions import NoCompletion, ServerFailed
from recommender.chat.labelling import Advance, Answered, Asking, CostsTooMuch, Run
from recommender.chat.protocol import Reply, Usage
from recommender.chat.server import Server
from recommender.chat.spending import Reservation, reserve, settle

PATIENCE = 300.0  # seconds for one question, tried again and again
Pending = dict["Future[Reply]", tuple[Asking, Reservation]]


def ask_all(run: Run, server: Server, *, concurrency: int, advance: Advance) -> None:
    """Raises ChatError where it cannot go on; what was answered until then is kept."""
    waiting = iter(run.pending)
    under_way: Pending = {}
    halt = Event()
    with pool_of(concurrency) as pool:
        try:
            for asking in waiting:
                refuse_if_spent(run, asking, under_way)
                reservation = reserve(run.account.price.at_most(asking.question))
                future = pool.submit(
                    server.ask, run.account.model, asking.question, seconds=PATIENCE, halt=halt
                )
                under_way[future] = (asking, reservation)
                if len(under_way) == concurrency:
                    take_answers(run, under_way, advance)
            while under_way:
                take_answers(run, under_way, advance)
        except BaseException:
            halt.set()
            keep_what_is_paid(run, under_way)
            raise


@contextmanager
def pool_of(size: int) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(size, thread_name_prefix="chat")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def refuse_if_spent(run: Run, asking: Asking, under_way: Pending) -> None:
    """Raises CostsTooMuch, where this question could cost more than is left."""
    if run.most is None:
        return
    reserved = sum((reservation.cost for _, reservation in under_way.values()), Decimal(0))
    could_be = run.spent + reserved + run.account.price.at_most(asking.question)
    if could_be > run.most:
        raise CostsTooMuch(could_be, run.most, is_begun=True)


def take_answers(run: Run, under_way: Pending, advance: Advance) -> None:
    """Wait for one at least, and note all that are there."""
    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
    for future in done:
        asking, reservation = under_way.pop(future)
        take(run, asking, reservation, future)
        advance(1)


def take(run: Run, asking: Asking, reservation: Reservation, future: "Future[Reply]") -> None:
    """Raises ChatError, unless it is this one question alone that the server will not read or answer."""
    try:
        reply = future.result()
    except ServerFailed as error:
        if not error.is_charged:
            settle(reservation, Decimal(0))
        if error.status != 400 or not run.is_begun:
            raise
        run.take(Answered(asking.key, "", error.reason, Decimal(0)))
        return
    except NoCompletion as error:  # to be paid for, and the next time as well
        if not run.is_begun:
            raise
        reply = Reply("", Usage(), error.reason)
    cost = run.charged(reply.usage, reservation.cost)
    run.take(Answered(asking.key, reply.content, reply.problem, cost))
    settle(reservation, cost)


def keep_what_is_paid(run: Run, under_way: Pending) -> None:
    """The run ends, and calls are still under way: those that come are noted too."""
    wait(under_way)
    for future, (asking, reservation) in under_way.items():
        failure = future.exception()
        if failure is None or (isinstance(failure, NoCompletion) and run.is_begun):
            take(run, asking, reservation, future)
        elif not getattr(failure, "is_charged", True):
            settle(reservation, Decimal(0))
