"""What a unit writes down after it talked about its result."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from andon.features.results.models import StepOutcome


class AgreeOnStep(forms.Form):
    words = forms.CharField(
        label=_("What you will try"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "One thing, small enough to be seen within weeks. "
            "“Whoever hands over a shift says one thing they are unsure of.”"
        ),
    )
    owner = forms.TypedChoiceField(
        label=_("Who sees to it"), coerce=UUID, help_text=_("Not who does it alone: who asks after it.")
    )
    due_on = forms.DateField(
        label=_("When you look at it again"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, people: Sequence[tuple[UUID, str]], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        owner.choices = [("", _("Choose somebody")), *people]
        self.today = today

    def clean_due_on(self) -> date:
        due_on: date = self.cleaned_data["due_on"]
        if due_on < self.today:
            raise forms.ValidationError(_("This day has passed. Choose today or a later day."))
        return due_on


class ProposeSharing(forms.Form):
    node = forms.ChoiceField(
        label=_("Who would see them"),
        widget=forms.RadioSelect,
        help_text=_("Everybody in it, also its leads. The nearest stands first."),
    )

    def __init__(self, *args: Any, nodes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        node: Any = self.fields["node"]
        node.choices = nodes


class EndStep(forms.Form):
    kind = forms.ChoiceField(
        label=_("What became of it"),
        widget=forms.RadioSelect,
        choices=[
            (StepOutcome.Kind.DONE.value, _("We did it")),
            (StepOutcome.Kind.DROPPED.value, _("We dropped it, or something else was better")),
        ],
    )
    words = forms.CharField(
        label=_("What you learnt"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Your unit reads it above its next report. May stay empty."),
    )
