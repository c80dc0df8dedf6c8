"""`manage.py deliver_outbox`: send what waits in the outbox. The worker does the same by itself."""

from typing import Any

from django.core.management import BaseCommand

from shop.services.sending import deliver_outbox


class Command(BaseCommand):
    help = "Send the mails, refunds and callbacks that are due."

    def handle(self, *args: Any, **options: Any) -> None:
        delivered = deliver_outbox()
        self.stdout.write(f"Sent: {delivered.sent}; to be tried again: {delivered.failed}")
