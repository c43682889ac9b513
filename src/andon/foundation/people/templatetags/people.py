from django import template

from andon.foundation.configuration import public as configuration
from andon.foundation.people.demo import DemoRole, demo_roles

register = template.Library()
register.simple_tag(demo_roles, name="demo_roles")


@register.simple_tag
def sign_in_ways() -> dict[str, bool]:
    """Which ways to sign in the organisation has switched on."""
    chosen = configuration.read_all(["sign_in.code", "sign_in.password"])
    return {"code": chosen["sign_in.code"], "password": chosen["sign_in.password"]}


__all__ = ["DemoRole", "register"]
