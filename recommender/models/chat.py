"""What a chat server was asked, what it cost, and what it was taught."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _


class ChatMonth(models.Model):
    """What calls of the chat server cost in a month, with what those under way may cost."""

    month = models.DateField(primary_key=True, help_text="Its first day, in UTC.")
    spent = models.DecimalField(max_digits=16, decimal_places=8, default=0)

    class Meta:
        verbose_name = _("month of the chat server")
        verbose_name_plural = _("months of the chat server")

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.spent}"


class ChatOutcome(models.TextChoices):
    ASKED = "asked", _("asked")  # and no answer seen: under way, too late, or its process was killed
    ANSWERED = "answered", _("answered")
    UNUSABLE = "unusable", _("unusable")  # an answer, and not to what was asked
    FAILED = "failed", _("failed")


class ChatCall(models.Model):
    """A wish that the chat server was asked to read. The sentence is kept as a hash; who asked is not."""

    question = models.CharField(max_length=64, help_text="SHA-256 of model, instructions and sentence.")
    model = models.CharField(_("chat model"), max_length=128)
    outcome = models.CharField(_("outcome"), max_length=16, choices=ChatOutcome, default=ChatOutcome.ASKED)
    answer = models.JSONField(null=True, help_text="As it was read; forgotten after a day.")
    cost = models.DecimalField(
        _("cost"), max_digits=16, decimal_places=8, help_text=_("Reserved, then as charged.")
    )
    tokens_read = models.PositiveIntegerField(_("tokens read"), default=0)
    tokens_written = models.PositiveIntegerField(_("tokens written"), default=0)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), null=True)
    called_at = models.DateTimeField(_("called at"), db_index=True)

    class Meta:
        verbose_name = _("call of the chat server")
        verbose_name_plural = _("calls of the chat server")
        ordering = ("-called_at",)
        indexes = (
            models.Index(
                fields=("question", "-called_at"), name="answered_question",
                condition=Q(outcome="answered", answer__isnull=False),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.model}, {localize(timezone.localtime(self.called_at))}: {self.get_outcome_display()}"


class FineTuningStatus(models.TextChoices):
    BEGUN = "begun", _("begun")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")


class FineTuning(models.Model):
    """A chat model being taught to read wishes: the one `is_used` does, of those at the server in use."""

    digest = models.CharField(
        max_length=64, primary_key=True, help_text="SHA-256 of the examples, the base model and the server."
    )
    base_url = models.CharField(max_length=255)
    base_model = models.CharField(max_length=128)
    ticket = models.CharField(
        max_length=32, help_text="The job's name at the server, noted before it begins."
    )
    ticket_at = models.DateTimeField(null=True, help_text="When it was handed in; empty before.")
    job_id = models.CharField(max_length=128, blank=True)
    status = models.CharField(max_length=16, choices=FineTuningStatus, default=FineTuningStatus.BEGUN)
    model = models.CharField(max_length=255, blank=True, help_text="What it is called, once it is taught.")
    trained_tokens = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    is_used = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("fine-tuning")
        verbose_name_plural = _("fine-tunings")

    def __str__(self) -> str:
        return f"{self.base_model}: {self.status}"
