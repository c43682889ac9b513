from django import template

from andon.foundation.audit.models import AuditEntry
from andon.foundation.audit.public import fact_in_words, subject_in_words, words_for

register = template.Library()


@register.filter
def audit_words(entry: AuditEntry) -> str:
    return str(words_for(entry.kind))


@register.filter
def audit_facts(entry: AuditEntry) -> list[tuple[str, str]]:
    """The facts of the entry in words; an empty one says nothing and is left out."""
    return [fact_in_words(key, value) for key, value in entry.facts.items() if value not in ("", None)]


@register.filter
def audit_subject(entry: AuditEntry) -> str:
    return subject_in_words(entry.kind, entry.subject)
