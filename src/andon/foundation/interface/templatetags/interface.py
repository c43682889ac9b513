"""Blocks around content, and the words of the bands. `{% load interface %}`"""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

register = template.Library()

BAND_WORDS = {
    "low": _("unsafe"),
    "mixed-low": _("leaning unsafe"),
    "mixed-high": _("leaning safe"),
    "high": _("safe"),
}
NO_FIGURE = _("no figure")

# Django's levels of messages, in our four.
CALLOUTS = {"note": "note", "good": "good", "warning": "warning", "error": "error", "success": "good"}


@register.filter
def band_class(band: object) -> str:
    """The class of a band; "none" for everything that is not one of the four."""
    name = str(band or "").lower().replace("_", "-")
    return name if name in BAND_WORDS else "none"


@register.filter
def band_word(band: object) -> str:
    return str(BAND_WORDS.get(band_class(band), NO_FIGURE))


@register.filter
def callout_kind(kind: object) -> str:
    return CALLOUTS.get(str(kind), "note")


@register.filter
def words(text: str) -> list[str]:
    """The words of a constant in a template, to loop over."""
    return text.split()


@register.simple_block_tag
def callout(content: str, kind: str = "note", title: str = "", role: str = "") -> SafeString:
    """{% callout "warning" title="..." %} paragraphs {% endcallout %}: note, good, warning or error."""
    return _around("callout", content, kind=kind, title=title, role=role)


@register.simple_block_tag
def section(content: str, title: str = "", aside: str = "", anchor: str = "") -> SafeString:
    """{% section "Heading" aside="7 of 9 answered" %} ... {% endsection %}"""
    return _around("section", content, title=title, aside=aside, anchor=anchor)


@register.simple_block_tag
def card(content: str, title: str = "", anchor: str = "", level: int = 2) -> SafeString:
    """{% card "Heading" %} ... {% endcard %}; level=3 inside a section: no level of headings may be left out."""
    return _around("section", content, kind="card", title=title, anchor=anchor, level=level)


def _around(component: str, content: str, **context: str | int) -> SafeString:
    # The content of a block was rendered, and escaped, by the template that holds it.
    body = mark_safe(content)  # noqa: S308
    return mark_safe(render_to_string(f"interface/components/{component}.html", {"body": body, **context}))  # noqa: S308
