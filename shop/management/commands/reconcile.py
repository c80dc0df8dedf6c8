"""`manage.py reconcile`: prove the ledgers, and exit with 1 where anything differs."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from shop.services.reconciliation import differences


class Command(BaseCommand):
    help = "Prove stock by movements and open orders, payments and refunds by orders, coupons by copies."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for difference in differences():
            self.stdout.write(str(difference))
            found += 1
        if found:
            raise CommandError(f"Differences: {found}", returncode=1)
        self.stdout.write("Differences: 0")
