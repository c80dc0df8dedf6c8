"""What must be sent once a decision is stored: written with it, sent after it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from shop.models import Customer, Order, OutboxMessage, Review
from shop.models.outbox import OutboxKind


def put_in_outbox(kind: OutboxKind, payload: Mapping[str, Any], *, due_at: datetime | None = None) -> None:
    """In the transaction of what it tells of."""
    OutboxMessage.objects.create(kind=kind, payload=dict(payload), due_at=due_at or timezone.now())


def queue_reset_mail(*, customer_id: int, origin: str, language: str) -> None:
    """A mail with which a customer sets a new password, written when it is sent: its link is kept nowhere.

    `origin` is where the shop was asked, as in https://shop.example. It may be for nobody: see `reset_mail`.
    """
    asked = {"customer_id": customer_id, "origin": origin, "language": language}
    put_in_outbox(OutboxKind.MAIL, {"password_reset": asked})


def tell_customer(order: Order, news: str, **facts: object) -> None:
    """A mail of templates/shop/mail to whoever ordered, if they gave an address.

    In every language of the shop: no request is near that would say which one they read.
    """
    email = Customer.objects.values_list("email", flat=True).get(pk=order.customer_id)
    if not email:
        return
    body = _in_every_language(news, {"order": order, **facts})
    put_in_outbox(OutboxKind.MAIL, {"to": email, "subject": f"Larder {order.number}", "body": body})


def tell_authors(reviews: Iterable[Review], news: str) -> None:
    """A mail of templates/shop/mail to whoever wrote each of the reviews, with one statement for all.

    They come with their customers and products.
    """
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            kind=OutboxKind.MAIL,
            payload={
                "to": review.customer.email,
                "subject": f"Larder: {review.product.name}",
                "body": _in_every_language(news, {"review": review}),
            },
        )
        for review in reviews
        if review.customer and review.customer.email
    )


def tell_the_desk(subject: str, body: str) -> None:
    """A mail to those who pack and refund."""
    put_in_outbox(OutboxKind.MAIL, {"to": settings.ORDER_DESK_EMAIL, "subject": subject, "body": body})


def _in_every_language(news: str, facts: Mapping[str, object]) -> str:
    texts = []
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            texts.append(render_to_string(f"shop/mail/{news}.txt", dict(facts)).strip())
    return "\n\n".join(texts)
