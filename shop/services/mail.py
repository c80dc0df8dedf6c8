"""Mails that are written only when they are sent. The worker does: no page waits for a mail server."""

from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from shop.models import Customer


def reset_mail(*, customer_id: int, origin: str, language: str) -> EmailMessage | None:
    """The link with which a customer sets a new password. None where there is nobody to send it to.

    `origin` is where the shop was asked, as in https://shop.example.
    """
    customer = Customer.objects.filter(pk=customer_id, is_deleted=False).exclude(email=None).first()
    if customer is None or not customer.email:
        return None
    ticket = (urlsafe_base64_encode(force_bytes(customer.pk)), default_token_generator.make_token(customer))
    context = {"customer": customer, "address": origin + reverse("shop:new-password", args=ticket)}
    with translation.override(language):
        subject = render_to_string("shop/mail/password_reset_subject.txt").strip()
        text = render_to_string("shop/mail/password_reset.txt", context)
    return EmailMessage(subject, text, to=[customer.email])
