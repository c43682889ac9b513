from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from andon.foundation.audit.models import AuditEntry
from andon.foundation.audit.public import fact_in_words, subject_in_words, words_for

register = template.Library()

# From here on a value is a hash or an id that no line of a phone holds.
LONG = 40


@register.filter
def audit_words(entry: AuditEntry) -> str:
    return str(words_for(entry.kind))


@register.filter
def audit_facts(entry: AuditEntry) -> list[tuple[str, str]]:
    """The facts of the entry in words; an empty one says nothing and is left out."""
    return [fact_in_words(entry, key) for key, value in entry.facts.items() if value not in ("", None)]


@register.filter
def audit_subject(entry: AuditEntry) -> str:
    return subject_in_words(entry.kind, entry.subject)


@register.filter
def in_pieces(value: str) -> SafeString:
    """A long hash or id may break in its middle, and not one digit before its end."""
    text = str(value)
    if len(text) < LONG or not text.isalnum():
        return conditional_escape(text)
    middle = len(text) // 2
    return format_html("{}<wbr>{}", text[:middle], text[middle:])
