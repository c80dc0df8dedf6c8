"""`manage.py expire_orders`: close what was not paid in time. The worker does the same by itself."""

from typing import Any

from django.core.management import BaseCommand

from shop.services.expiry import expire_unpaid_orders


class Command(BaseCommand):
    help = "Close the orders that were not paid in time; their stock and coupons return."

    def handle(self, *args: Any, **options: Any) -> None:
        closed = expire_unpaid_orders()
        self.stdout.write(f"Orders closed: {closed}")
