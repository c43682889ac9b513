from typing import Any

from django import template

from andon.foundation.providers import policy

register = template.Library()


@register.simple_tag
def identity_providers() -> dict[str, Any]:
    """The providers with a button on the sign-in page, and whether there is another way."""
    enabled = policy.enabled()
    return {"enabled": enabled, "only": bool(enabled) and policy.only_through_providers()}
