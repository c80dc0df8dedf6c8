"""Teaching a chat model to read wishes: begun once, however often it is killed and gone on with.

A row says under which ticket the job will begin before it does, and the server keeps the ticket with the job.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from recommender.chat.account import Account, Price
from recommender.chat.examples import Examples
from recommender.chat.exceptions import ChatError, ServerFailed
from recommender.chat.protocol import Usage
from recommender.models import FineTuning, FineTuningStatus
from recommender.turns import TEACHING, turn

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

    from recommender.chat.server import Server

TICKET = "larder_ticket"
SUFFIX = "larder"
PASSES = 3  # over the examples: said to the server, so that what it costs is known beforehand
FINAL = frozenset(("succeeded", "failed", "cancelled"))
FIRST_LOOK, LATER_LOOKS = 1.0, 60.0  # seconds between two looks at a job
GRACE = timedelta(seconds=10)  # in which a job may still turn up after the kill of who began it
SKEW = timedelta(days=1)  # by which our clock and the server's may differ
_STEP = re.compile(r"Step (\d+)/(\d+)")

Watch = Callable[[str, int, int], object]  # the job's status, the steps done and of how many, 0 while unknown


class TuningElsewhere(ChatError):
    """Another process is at it."""

    def __init__(self) -> None:
        super().__init__("Another process is fine-tuning a model already: wait for it.")


class TeachingTooDear(ChatError):
    """It might cost more than it may. Nothing was sent."""

    def __init__(self, at_most: Decimal, most: Decimal) -> None:
        super().__init__(
            f"This could cost {at_most:.4f}, more than --max-cost {most}, and nothing was sent: allow more, "
            "or teach by fewer examples."
        )


@dataclass(frozen=True, slots=True)
class TeachingCost:
    """In the currency of the price."""

    about: Decimal
    at_most: Decimal

    @classmethod
    def of(cls, examples: Examples, price: Price) -> "TeachingCost":
        about, at_most = (
            price.of(Usage(PASSES * tokens)) for tokens in (examples.tokens, examples.tokens_at_most)
        )
        return cls(about, at_most)

    def refuse_above(self, most: Decimal) -> None:
        """Raises TeachingTooDear."""
        if self.at_most > most:
            raise TeachingTooDear(self.at_most, most)


class TuningFailed(ChatError):
    """The server gave the job up, or knows it no more."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The fine-tuning failed: {reason}. Run again to begin anew.")


def tuned_model(base_url: str) -> str:
    """The newest model that was taught at this server and is in use; empty where there is none."""
    taught = FineTuning.objects.filter(base_url=base_url, status=FineTuningStatus.SUCCEEDED, is_used=True)
    return taught.order_by("-finished_at").values_list("model", flat=True).first() or ""


def forget_tuned_models() -> int:
    """Go back to the model that the settings name."""
    return FineTuning.objects.filter(is_used=True, status=FineTuningStatus.SUCCEEDED).update(is_used=False)


def tune(
    account: Account, examples: Examples, server: "Server", watch: Watch, agree: Callable[[], object]
) -> FineTuning:
    """Have `account.model` taught by the examples, unless it has been. Raises ChatError.

    Calls `agree` before it begins a job, which is to be paid; what that raises leaves all as it is.
    """
    with turn(TEACHING) as is_ours:
        if not is_ours:
            raise TuningElsewhere
        tuning = tuning_of(account, examples)
        if tuning.status != FineTuningStatus.SUCCEEDED:
            if not tuning.job_id:
                note(tuning, job_id=begun(tuning, examples, server, agree).id)
            conclude(tuning, followed(tuning, server, watch))
        use_alone(tuning)
        return tuning


def tuning_of(account: Account, examples: Examples) -> FineTuning:
    """Its row; with a new ticket, and not stored yet, where there was none or the last one failed."""
    digest = sha256("\n".join((account.base_url, account.model, examples.digest)).encode()).hexdigest()
    known = FineTuning.objects.filter(pk=digest).exclude(status=FineTuningStatus.FAILED).first()
    return known or FineTuning(
        digest=digest, base_url=account.base_url, base_model=account.model, ticket=uuid4().hex
    )


def begun(
    tuning: FineTuning, examples: Examples, server: "Server", agree: Callable[[], object]
) -> "FineTuningJob":
    """The job under the tuning's ticket: the one that is there, else a new one."""
    if tuning.ticket_at:  # it was handed in, and who did was killed before it knew
        time.sleep(max(0.0, (GRACE - (timezone.now() - tuning.ticket_at)).total_seconds()))
        if found := job_with(tuning, tuning.ticket_at, server):
            return found
    agree()
    file = server.call(
        lambda client, left: client.files.create(
            file=(f"{tuning.ticket}.jsonl", examples.content, "application/jsonl"),
            purpose="fine-tune",
            timeout=left,
        )
    )
    tuning.ticket_at = now = timezone.now()
    tuning.save()
    try:
        return server.call_once(
            lambda client, left: client.fine_tuning.jobs.create(
                model=tuning.base_model, training_file=file.id, suffix=SUFFIX,
                method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": PASSES}}},
                metadata={TICKET: tuning.ticket}, timeout=left,
            )
        )  # fmt: skip
    except ServerFailed as error:
        if error.can_pass and (found := job_with(tuning, now, server)):
            return found
        raise


def job_with(tuning: FineTuning, ticket_at: datetime, server: "Server") -> "FineTuningJob | None":
    """The server's job of this ticket. Newer ones come first, and none is older than the ticket."""
    oldest = (ticket_at - SKEW).timestamp()

    def look(client: Any, left: float) -> "FineTuningJob | None":
        for job in client.fine_tuning.jobs.list(limit=100, timeout=left):
            if (job.metadata or {}).get(TICKET) == tuning.ticket:
                found: FineTuningJob = job
                return found
            if job.created_at < oldest:
                return None
        return None

    return server.call(look)


def followed(tuning: FineTuning, server: "Server", watch: Watch) -> "FineTuningJob":
    """Its job, once that is over. Raises TuningFailed where the server knows no such job any more."""
    pause = FIRST_LOOK
    while True:
        job = job_of(tuning, server)
        watch(job.status, *steps_of(tuning, server))
        if job.status in FINAL:
            return job
        time.sleep(pause)
        pause = min(1.5 * pause, LATER_LOOKS)


def job_of(tuning: FineTuning, server: "Server") -> "FineTuningJob":
    try:
        return server.call(lambda client, left: client.fine_tuning.jobs.retrieve(tuning.job_id, timeout=left))
    except ServerFailed as error:
        if error.status != 404:
            raise
        note(tuning, status=FineTuningStatus.FAILED)
        raise TuningFailed(f"the server does not know its job {tuning.job_id} any more") from error


def steps_of(tuning: FineTuning, server: "Server") -> tuple[int, int]:
    """How far it is, by the newest of its events that says so."""
    events = server.call(
        lambda client, left: client.fine_tuning.jobs.list_events(tuning.job_id, limit=20, timeout=left).data
    )
    for event in events:
        if found := _STEP.search(event.message):
            return int(found[1]), int(found[2])
    return 0, 0


def conclude(tuning: FineTuning, job: "FineTuningJob") -> None:
    """Raises TuningFailed."""
    if job.status == "succeeded" and job.fine_tuned_model:
        note(
            tuning, status=FineTuningStatus.SUCCEEDED, model=job.fine_tuned_model,
            trained_tokens=job.trained_tokens or 0, finished_at=timezone.now(),
        )  # fmt: skip
        return
    note(tuning, status=FineTuningStatus.FAILED)
    told = job.error.message if job.error and job.error.message else f"it is {job.status}"
    raise TuningFailed(told.rstrip("."))


def use_alone(tuning: FineTuning) -> None:
    """It reads wishes from now on, whatever else was taught at its server, earlier or later."""
    with transaction.atomic(using="recommender"):
        others = FineTuning.objects.filter(base_url=tuning.base_url, is_used=True).exclude(pk=tuning.pk)
        others.update(is_used=False)
        note(tuning, is_used=True)


def note(tuning: FineTuning, **fields: object) -> None:
    for name, value in fields.items():
        setattr(tuning, name, value)
    tuning.save(update_fields=list(fields))
