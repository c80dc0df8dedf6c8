"""`manage.py age_loans`: reminders, late fees and what is overdue. The worker does the same by itself."""

from typing import Any

from django.core.management import BaseCommand

from loans.services.ageing import age_loans


class Command(BaseCommand):
    help = "Remind of what is due, charge what is late beyond the days of grace, and mark it overdue."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = age_loans()
        self.stdout.write(f"Loans changed: {changed}")
