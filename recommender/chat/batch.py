"""Questions handed in as one file and fetched within a day, where the server asks less for that.

The journal says that a batch is about to be handed in before it is, under a ticket that the server keeps with
it. Whoever goes on after a kill looks for the ticket there first, and hands in again what has not arrived.
"""

import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from recommender.chat.exceptions import BadAnswer, NoCompletion, ServerFailed
from recommender.chat.journal import Journal
from recommender.chat.labelling import Advance, Answered, Asking, CostsTooMuch, Run
from recommender.chat.protocol import Reply, Usage, reply_of
from recommender.chat.server import Server
from recommender.chat.spending import Reservation, reserve, settle

if TYPE_CHECKING:
    from openai.types import Batch

INTENDED, SUBMITTED, CLOSED = "batch", "submitted", "closed"  # kinds of entries in the journal
TICKET = "larder_ticket"
ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
MOST_REQUESTS = 50_000  # in one batch
MOST_BYTES = 180_000_000
FINAL = frozenset(("completed", "expired", "cancelled", "failed"))
FIRST_LOOK, LATER_LOOKS = 1.0, 60.0  # seconds between two looks at a batch
GRACE = 10.0  # seconds in which a batch may still turn up at the server after the kill of who handed it in
SKEW = 86_400  # seconds by which our clock and the server's may differ
TRIES = 6


@dataclass(frozen=True, slots=True)
class Ticket:
    """A batch as the journal knows it. `batch_id` is empty until the server is known to have it."""

    name: str
    at: float  # Unix time
    reservation: Reservation
    count: int
    batch_id: str = ""


def ask_in_batches(run: Run, server: Server, *, size: int, advance: Advance) -> None:
    """Raises ChatError where it cannot go on; what was answered until then is kept."""
    if left := open_ticket(run.journal):
        go_on_with(run, server, left, advance)
    while pending := run.pending:
        chunk = affordable(run, pending[: min(size, MOST_REQUESTS)])
        finish(run, server, handed_in(run, server, chunk), advance)
        if len(run.pending) == len(pending):
            raise ServerFailed("a batch came back without a single answer")


def open_ticket(journal: Journal) -> Ticket | None:
    """The batch that was begun and not finished, if there is one: there is never a second."""
    found: Ticket | None = None
    for entry in journal.entries:
        if entry["kind"] == INTENDED:
            reservation = Reservation(date.fromisoformat(entry["month"]), Decimal(entry["reserved"]))
            found = Ticket(entry["ticket"], entry["at"], reservation, entry["count"])
        elif entry["kind"] == SUBMITTED and found:
            found = Ticket(found.name, found.at, found.reservation, found.count, entry["batch"])
        elif entry["kind"] == CLOSED:
            found = None
    return found


def go_on_with(run: Run, server: Server, ticket: Ticket, advance: Advance) -> None:
    if not ticket.batch_id:
        time.sleep(max(0.0, min(GRACE, ticket.at + GRACE - time.time())))
        batch = batch_with(server, ticket)
        if batch is None:  # it never arrived
            close(run, ticket, Decimal(0))
            return
        ticket = note_submitted(run, ticket, batch.id)
    finish(run, server, ticket, advance)


def affordable(run: Run, askings: Sequence[Asking]) -> list[Asking]:
    """As many as certainly fit into what is left of --max-cost, and into a file. Raises CostsTooMuch."""
    chosen: list[Asking] = []
    cost, size = run.spent, 0
    for asking in askings:
        cost += run.most_for([asking])
        size += len(line_of(run, asking))
        if (run.most is not None and cost > run.most) or size > MOST_BYTES:
            break
        chosen.append(asking)
    if not chosen:
        raise CostsTooMuch(cost, run.most or cost, is_begun=True)
    return chosen


def handed_in(run: Run, server: Server, askings: Sequence[Asking]) -> Ticket:
    """Raises ServerFailed or BudgetSpent."""
    reservation = reserve(run.most_for(askings))
    ticket = Ticket(uuid4().hex, time.time(), reservation, len(askings))
    run.journal.add(
        {
            "kind": INTENDED, "ticket": ticket.name, "at": ticket.at, "count": ticket.count,
            "month": reservation.month.isoformat(), "reserved": str(reservation.cost),
        }
    )  # fmt: skip
    content = b"".join(line_of(run, asking) for asking in askings)
    try:
        file = server.call(
            lambda client, left: client.files.create(
                file=(f"{ticket.name}.jsonl", content, "application/jsonl"), purpose="batch", timeout=left
            )
        )
        batch = created(server, ticket, file.id)
    except ServerFailed as error:
        if not error.is_charged:
            close(run, ticket, Decimal(0))
        raise
    return note_submitted(run, ticket, batch.id)


def line_of(run: Run, asking: Asking) -> bytes:
    request = {
        "custom_id": asking.key, "method": "POST", "url": ENDPOINT,
        "body": asking.question.body(run.account.model),
    }  # fmt: skip
    return json.dumps(request, ensure_ascii=False).encode() + b"\n"


def created(server: Server, ticket: Ticket, file_id: str) -> "Batch":
    """Handed in once: after a failure that leaves it open whether it arrived, it is looked for first."""
    for tried in range(1, TRIES + 1):
        try:
            return server.call_once(
                lambda client, left: client.batches.create(
                    input_file_id=file_id, endpoint=ENDPOINT, completion_window="24h",
                    metadata={TICKET: ticket.name}, timeout=left,
                )
            )  # fmt: skip
        except ServerFailed as error:
            if not error.can_pass:
                raise
            if found := batch_with(server, ticket):
                return found
            if tried == TRIES:
                raise
            time.sleep(random.uniform(0, 2**tried))  # noqa: S311 (no secret)
    raise AssertionError


def batch_with(server: Server, ticket: Ticket) -> "Batch | None":
    """The server's batch of this ticket. Newer ones come first, and none is older than the ticket."""

    def look(client: Any, left: float) -> "Batch | None":
        for batch in client.batches.list(limit=100, timeout=left):
            if (batch.metadata or {}).get(TICKET) == ticket.name:
                found: Batch = batch
                return found
            if batch.created_at < ticket.at - SKEW:
                return None
        return None

    return server.call(look)


def note_submitted(run: Run, ticket: Ticket, batch_id: str) -> Ticket:
    run.journal.add({"kind": SUBMITTED, "ticket": ticket.name, "batch": batch_id})
    return Ticket(ticket.name, ticket.at, ticket.reservation, ticket.count, batch_id)


def finish(run: Run, server: Server, ticket: Ticket, advance: Advance) -> None:
    """Follow a batch to its end and note what it brought. Raises ServerFailed where the server refused it.

    One that the server does not know any more is given up, and counted as if it had cost all that it could.
    """
    try:
        batch = followed(server, ticket, advance)
        answers = list(answers_in(run, server, ticket, batch))
    except ServerFailed as error:
        if error.status == 404:
            close(run, ticket, ticket.reservation.cost)
        raise
    run.take(*(answer for answer in answers if answer.key not in run.answers))
    close(run, ticket, sum((answer.cost for answer in answers), Decimal(0)))
    if batch.status == "failed":
        raise ServerFailed(f"it refused the batch: {refusal_of(batch)}")


def followed(server: Server, ticket: Ticket, advance: Advance) -> "Batch":
    pause, seen = FIRST_LOOK, 0
    while True:
        batch = server.call(lambda client, left: client.batches.retrieve(ticket.batch_id, timeout=left))
        if counts := batch.request_counts:
            advance(counts.completed + counts.failed - seen)
            seen = counts.completed + counts.failed
        if batch.status in FINAL:
            return batch
        time.sleep(pause)
        pause = min(1.5 * pause, LATER_LOOKS)


def answers_in(run: Run, server: Server, ticket: Ticket, batch: "Batch") -> Iterator[Answered]:
    """Of both files. What was not asked, or may be answered another time, is not among them."""
    by_key = {asking.key: asking for asking in run.askings}
    share = ticket.reservation.cost / max(ticket.count, 1)  # of one whose pair this run does not ask for
    for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
        for line in server.call(partial(content_of, file_id)).splitlines():
            row = row_of(line)
            response = row.get("response") or {}
            key, status = row["custom_id"], response.get("status_code")
            if status == 200:
                reply = reply_in(response)
                asking = by_key.get(key)
                cost = run.charged(reply.usage, run.most_for([asking]) if asking else share)
                yield Answered(key, reply.content, reply.problem, cost)
            elif status == 400:  # this one is not read, now or later
                yield Answered(key, "", "the server refused to read it", Decimal(0))


def reply_in(response: Mapping[str, Any]) -> Reply:
    """One that is no completion is to be paid for, too: it is of no use, and the others are."""
    try:
        return reply_of(response.get("body"))
    except NoCompletion as error:
        return Reply("", Usage(), error.reason)


def content_of(file_id: str, client: Any, left: float) -> str:
    return str(client.files.content(file_id, timeout=left).text)


def row_of(line: str) -> dict[str, Any]:
    """Raises BadAnswer."""
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("custom_id"), str):
        raise BadAnswer("a line of a batch is no answer to a question")
    return row


def close(run: Run, ticket: Ticket, cost: Decimal) -> None:
    run.journal.add({"kind": CLOSED, "ticket": ticket.name})
    settle(ticket.reservation, cost)


def refusal_of(batch: "Batch") -> str:
    told = batch.errors.data if batch.errors and batch.errors.data else []
    return next((error.message.rstrip(".") for error in told if error.message), "it does not say why")
