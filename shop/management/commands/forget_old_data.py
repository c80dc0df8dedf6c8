from typing import Any

from django.core.management.base import BaseCommand

from shop.services.forgetting import forget_old_data


class Command(BaseCommand):
    help = (
        "Deletes old views, login delays and idempotency keys, expired tokens and sessions, and of orders "
        "that are over the receivers whose accounts are closed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        forgotten = forget_old_data()
        self.stdout.write(
            f"Forgot {forgotten.views:,} views, {forgotten.login_delays:,} login delays "
            f"and {forgotten.receivers:,} receivers."
        )
