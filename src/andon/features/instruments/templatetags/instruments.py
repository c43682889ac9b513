"""What questionnaires are called, on pages that list rounds. `{% load instruments %}`"""

from collections.abc import Mapping
from typing import Any

from django import template

from andon.features.instruments.wording import Wording

register = template.Library()


@register.filter
def questionnaire(asked: Any, titles: Mapping[tuple[str, str], Wording]) -> Wording | str:
    """The title of what a round asks, out of those that the view found for the whole page."""
    return titles.get((asked.instrument_id, asked.instrument_version), "")
