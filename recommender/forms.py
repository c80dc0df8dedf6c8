from django import forms
from django.utils.translation import gettext_lazy as _

MOST_REMOVED = 20
LONGEST_SENTENCE = 200


class AskForm(forms.Form):
    q = forms.CharField(
        required=False,
        max_length=LONGEST_SENTENCE,
        error_messages={
            "max_length": _(
                "Your sentence has %(show_value)d characters, %(limit_value)d are read: make it shorter."
            ),
            "null_characters_not_allowed": _(
                "Your sentence holds a character that is no text: type it again."
            ),
        },
    )
