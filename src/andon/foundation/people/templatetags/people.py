from django import template

from andon.foundation.people.demo import DemoRole, demo_roles

register = template.Library()
register.simple_tag(demo_roles, name="demo_roles")

__all__ = ["DemoRole", "register"]
