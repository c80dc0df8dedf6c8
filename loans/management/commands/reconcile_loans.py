"""`manage.py reconcile_loans`: prove the loans' ledgers, and exit with 1 where anything differs."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from loans.services.reconciliation import loan_differences


class Command(BaseCommand):
    help = "Prove loans by their ledger, instalments, repayments and coupons."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for difference in loan_differences():
            self.stdout.write(str(difference))
            found += 1
        if found:
            raise CommandError(f"Differences: {found}", returncode=1)
        self.stdout.write("Differences: 0")
