"""Mails to customers. They are sent by the worker: no page waits for a mail server."""

from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from shop.models import Customer


def mail_password_reset(*, customer_id: int, origin: str, language: str) -> bool:
    """Send the link with which a customer sets a new password. False where there is nobody to send it to.

    `origin` is where the shop was asked, as in https://shop.example.
    """
    customer = Customer.objects.filter(pk=customer_id, is_deleted=False).exclude(email=None).first()
    if customer is None or not customer.email:
        return False
    ticket = (urlsafe_base64_encode(force_bytes(customer.pk)), default_token_generator.make_token(customer))
    context = {"customer": customer, "address": origin + reverse("shop:new-password", args=ticket)}
    with translation.override(language):
        subject = render_to_string("shop/mail/password_reset_subject.txt").strip()
        text = render_to_string("shop/mail/password_reset.txt", context)
    send_mail(subject, text, None, [customer.email])
    return True
