"""Payment providers: where the shopper is sent, how their word is verified, how money goes back."""

from collections.abc import Callable

from django.conf import settings

from shop.models.orders import PaymentType
from shop.payments.alipay import AlipayProvider
from shop.payments.provider import Addresses, Callback, Payable, Provider, Returnable
from shop.payments.sandbox import SandboxProvider

__all__ = [
    "Addresses", "Callback", "Payable", "Provider", "Returnable", "open_providers", "provider_named",
    "provider_of",
]  # fmt: skip

MAKERS: dict[str, Callable[[], Provider]] = {"sandbox": SandboxProvider, "alipay": AlipayProvider}


def open_providers() -> list[Provider]:
    """Those that PAYMENT_PROVIDERS names, in its order."""
    return [MAKERS[name]() for name in settings.PAYMENT_PROVIDERS]


def provider_named(name: str) -> Provider | None:
    return MAKERS[name]() if name in settings.PAYMENT_PROVIDERS else None


def provider_of(payment_type: int) -> Provider:
    """The one that took a payment, even if it takes no new ones."""
    return next(
        provider for provider in (make() for make in MAKERS.values())
        if provider.payment_type == PaymentType(payment_type)
    )  # fmt: skip
