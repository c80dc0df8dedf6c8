from django.db import models
from django.utils.translation import gettext_lazy as _


class LoginDelay(models.Model):
    """The failed logins of one login name, or from one address, and when the next may be tried.

    `key` is a keyed hash: people type passwords into the wrong field.
    """

    key = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(_("failed logins"), default=0)
    next_at = models.DateTimeField(_("next try at"))
    changed_at = models.DateTimeField(_("changed at"), db_index=True)

    class Meta:
        verbose_name = _("login delay")
        verbose_name_plural = _("login delays")

    def __str__(self) -> str:
        return f"{self.key[:8]}: {self.failures}"
