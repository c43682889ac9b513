"""Taking a practice up: one box to tick, and it is empty."""

from django import forms
from django.utils.translation import gettext_lazy as _


class TakeUp(forms.Form):
    named = forms.BooleanField(
        required=False,
        label=_("Name me beside it"),
        help_text=_("Only if you want others to know whom to ask. You can take your name off again."),
    )
