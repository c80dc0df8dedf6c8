from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from loans.policy import Policy


class PolicyVersion(models.Model):
    """The desk's written policy. The newest holds; none is changed, so that decisions can be explained."""

    page = models.JSONField(_("policy"))
    note = models.CharField(_("what changed, and why"), max_length=200)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("by"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("in force since"), auto_now_add=True)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ("-id",)

    def __str__(self) -> str:
        return str(_("Policy %(number)s") % {"number": self.pk})

    @property
    def policy(self) -> Policy:
        """Raises PolicyUnusable."""
        return Policy.from_json(self.page)
