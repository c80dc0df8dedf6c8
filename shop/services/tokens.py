"""API tokens: given out after a login, taken back, forgotten once they are over."""

from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe

from django.conf import settings
from django.utils import timezone

from shop.models import ApiToken, Customer
from shop.models.tokens import digest_of


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """`key` is known to nobody but who gets this."""

    key: str
    token: ApiToken


def issue_token(*, customer: Customer) -> IssuedToken:
    key = token_urlsafe(32)
    token = ApiToken.objects.create(
        customer=customer,
        digest=digest_of(key),
        session_hash=customer.get_session_auth_hash(),
        expires_at=timezone.now() + timedelta(days=settings.API_TOKEN_DAYS),
    )
    return IssuedToken(key, token)


def revoke_token(*, token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk).delete()


def forget_expired_tokens() -> int:
    return ApiToken.objects.filter(expires_at__lte=timezone.now()).delete()[0]
