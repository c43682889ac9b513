"""The list of time zones: written out by hand, and the same as Django's own."""

import re
from typing import Any

from django import forms
from django.test import SimpleTestCase

from andon.foundation.organisation.choices import ZoneSelect, zone_choices


def written(widget: type[forms.Select], **options: Any) -> str:
    class Form(forms.Form):
        zone = forms.ChoiceField(
            choices=[("", 'The organisation\'s (<b> & "c")'), *zone_choices()],
            widget=widget,
            help_text="Help",
            required=False,
            **options,
        )

    page = str(Form({"zone": "Europe/Berlin"})["zone"]) + str(Form()["zone"]) + str(Form({"zone": "nowhere"})["zone"])
    # What stands between options is no part of the list.
    return re.sub(r">\s+<", "><", page)


class PlainZones(forms.Select):
    def __init__(self) -> None:
        super().__init__(attrs={"translate": "no"})


def test_the_list_of_zones_is_what_django_would_write() -> None:
    case = SimpleTestCase()
    case.assertHTMLEqual(written(ZoneSelect), written(PlainZones))
    case.assertHTMLEqual(written(ZoneSelect, disabled=True), written(PlainZones, disabled=True))
    assert written(ZoneSelect).count(" selected") == written(PlainZones).count(" selected")
    assert "&lt;b&gt; &amp;" in written(ZoneSelect), "a label is text"
