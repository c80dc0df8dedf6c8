import sys
from typing import Any

from django.core.management.base import BaseCommand

from recommender.diagnosis import CHECKS, Verdict, diagnosis


class Command(BaseCommand):
    help = (
        "Look at all that the recommender stands on, a line each, and say what is wrong and what to do. "
        "Changes nothing; exits with 1 where something is wrong."
    )
    requires_system_checks: list[str] = []  # it is asked when things are not as they should be

    def handle(self, *args: Any, **options: Any) -> None:
        width = max(len(one.subject) for one in CHECKS)
        findings = []
        for found in diagnosis():
            findings.append(found)
            self.stdout.write(f"{found.verdict.value:5}  {found.subject:{width}}  {found.sentence}")
        wrong = sum(found.verdict is Verdict.WRONG for found in findings)
        if wrong:
            self.stdout.write(f"{wrong} of {len(findings)} are wrong.")
            sys.exit(1)
        self.stdout.write("All is well.")
