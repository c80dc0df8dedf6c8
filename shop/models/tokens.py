from hashlib import sha256

from django.conf import settings
from django.db import models
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _


def digest_of(key: str) -> str:
    """Of a key that is random already: there is nothing that a slow hash would protect."""
    return sha256(key.encode()).hexdigest()


class ApiToken(models.Model):
    """What a program shows instead of a session. Only its digest is kept.

    It ends when its customer's sessions end, since it remembers the hash that a session remembers.
    """

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens", verbose_name=_("customer")
    )
    digest = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.digest[:8]

    @property
    def is_its_customers(self) -> bool:
        """Neither closed, nor locked, nor with another password since it was given out."""
        current = self.customer.get_session_auth_hash()
        return self.customer.is_active and constant_time_compare(self.session_hash, current)
