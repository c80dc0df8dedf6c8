"""Mails of the loan desk, through the shop's outbox: written with what they tell of, sent after it."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from shop.models import Customer
from shop.models.outbox import OutboxKind
from shop.services.outbox import put_in_outbox


def tell_borrower(customer: Customer, number: str, news: str, **facts: object) -> None:
    """A mail of templates/loans/mail in every language of the shop, if they gave an address."""
    email = Customer.objects.values_list("email", flat=True).get(pk=customer.pk)
    if not email:
        return
    texts = []
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            texts.append(render_to_string(f"loans/mail/{news}.txt", {"number": number, **facts}).strip())
    put_in_outbox(OutboxKind.MAIL, {"to": email, "subject": f"Larder {number}", "body": "\n\n".join(texts)})


def tell_loan_desk(subject: str, body: str) -> None:
    put_in_outbox(OutboxKind.MAIL, {"to": settings.LOAN_DESK_EMAIL, "subject": subject, "body": body})
