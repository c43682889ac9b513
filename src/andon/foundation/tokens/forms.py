"""What a member chooses for a program's key."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from andon.foundation.tokens import public as tokens


class MakeKey(forms.Form):
    name = forms.CharField(
        label=_("What it is for"), max_length=80, help_text=_("A name by which you will know it, such as “wiki page”.")
    )
    scopes = forms.MultipleChoiceField(label=_("What it may read"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(
        label=_("How long"),
        coerce=int,
        widget=forms.RadioSelect,
        initial=90,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("One year"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed: Any = self.fields["scopes"]
        allowed.choices = list(tokens.scopes().items())

    def ends_on(self, on: date) -> date:
        return on + timedelta(days=self.cleaned_data["days"])
