from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OutboxKind(models.TextChoices):
    MAIL = "mail", _("mail")
    REFUND = "refund", _("refund")
    SANDBOX_CALLBACK = "sandbox-callback", _("callback of the payment sandbox")


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    def due(self) -> "OutboxMessageQuerySet":
        return self.filter(delivered_at=None, due_at__lte=timezone.now())


class OutboxMessage(models.Model):
    """Something to send, written in the transaction that decided it, and sent after it by a worker.

    `due_at` is also the lease: a worker moves it ahead before it sends, so that another leaves the
    message alone, and finds it again should the first one die. What is sent may so arrive twice.
    """

    kind = models.CharField(_("kind"), max_length=24, choices=OutboxKind)
    payload = models.JSONField(_("payload"))
    due_at = models.DateTimeField(_("due at"), default=timezone.now)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message to send")
        verbose_name_plural = _("messages to send")
        ordering = ("id",)
        indexes = (models.Index(fields=("delivered_at", "due_at"), name="outbox_due"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
