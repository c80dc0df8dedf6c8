"""`manage.py replay_decision ID`: decide again, and exit with 1 where something comes out otherwise."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from loans.approval import approval_model
from loans.approval.exceptions import LoanModelUnusable
from loans.approval.model import ApprovalForest
from loans.exceptions import Purged, Unsealable
from loans.models import Decision
from loans.scoring.exceptions import ScoreModelUnusable
from loans.scoring.model import ScoreModel
from loans.services.replay import DecidedByOfficer, Models, replay_decision

LONGEST_ID = 18  # digits
OF_MODELS = {
    "score model": "--score-model",
    "approval model": "--loan-model",
    "data of the approval model": "--loan-model",
}


class Command(BaseCommand):
    help = (
        "Decide an application again from the sealed input, the policy and the models of then: score, "
        "likelihood, reasons and offers have to come out as they are kept. Exits with 1 where they do not, "
        "or where something that it takes is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="the number of an application, or the id of one decision")
        parser.add_argument(
            "--score-model", type=Path, metavar="DIR", default=Path(settings.CREDIT_SCORE_DIR),
            help="the folder of the score model that decided; without it, the shop's own",
        )  # fmt: skip
        parser.add_argument(
            "--loan-model", type=Path, metavar="DIR",
            help="the folder of the approval model that decided; without it, the shop's own",
        )  # fmt: skip

    def handle(self, *args: Any, score_model: Path, **options: Any) -> None:
        named = options["id"]
        decisions = list(decisions_of(named))
        if not decisions:
            raise CommandError(f"There is no decision {named}, and no application {named} that is decided.")
        try:
            models = Models(ScoreModel.load(score_model), model_of(options["loan_model"]))
        except (ScoreModelUnusable, LoanModelUnusable) as error:
            raise CommandError(str(error), returncode=1) from error
        failed = [decision for decision in decisions if not self.comes_out(decision, models)]
        if failed:
            raise CommandError(f"Not as it was decided: {len(failed)} of {len(decisions)}", returncode=1)

    def comes_out(self, decision: Decision, models: Models) -> bool:
        """Whether it does; says so, or what does not."""
        name = f"Decision {decision.pk} of application {decision.application}"
        try:
            differences = replay_decision(decision, models)
        except DecidedByOfficer:
            by = decision.officer or "somebody whose account is gone"
            self.stdout.write(
                f"{name}: a loan officer decided, {by}, with a written reason: {decision.written_reason}"
            )
            return True
        except Purged:
            self.stdout.write(f"{name}: its input is no longer kept, so that it can be read, not replayed.")
            return False
        except Unsealable as error:
            self.stdout.write(f"{name}: its input cannot be read: {error}. LOAN_KEYS has to hold its key.")
            return False
        for difference in differences:
            self.stdout.write(f"{name}: {difference}{hint(difference.what)}")
        if not differences:
            self.stdout.write(f"{name}: the same again, {told(decision)}.")
        return not differences


def decisions_of(id: str) -> Any:
    named = Q(application__number=id)
    wanted = named | Q(pk=int(id)) if id.isascii() and id.isdigit() and len(id) < 19 else named
    return Decision.objects.filter(wanted).select_related("application", "policy", "officer")


def model_of(directory: Path | None) -> Any:
    return ApprovalForest.load(directory) if directory else approval_model()


def hint(what: str) -> str:
    option = OF_MODELS.get(what)
    return f". Name the folder of the one that decided with {option}" if option else ""


def told(decision: Decision) -> str:
    score = f"score {decision.score} ({decision.band})"
    offers = f"{decision.offers.count()} offers"
    return f"{score}, likelihood {decision.likelihood}, {decision.status}, {offers}, by {decision.policy}"
