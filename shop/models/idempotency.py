from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _


class IdempotencyKey(models.Model):
    """A write that a program has named, and its answer once there is one.

    `digest` is the key's, letter for letter: MySQL would take ABC for abc. `request_hash` tells another
    request under the same key from the same one sent again.
    """

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("customer")
    )
    digest = models.CharField(max_length=64)
    request_hash = models.CharField(max_length=64)
    started_at = models.DateTimeField(_("started at"), db_index=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    body = models.JSONField(_("answer"), null=True, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = (
            models.UniqueConstraint(fields=("customer", "digest"), name="idempotency_key_once_a_customer"),
        )

    def __str__(self) -> str:
        return self.digest[:8]

    @property
    def is_answered(self) -> bool:
        return self.status is not None
