"""What the link back says: where it leads, and not just that it does."""

from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _


def label_of(address: str) -> str:
    """The name of the page at an address of this feature."""
    try:
        name = resolve(address.partition("?")[0]).url_name
    except Resolver404:
        name = None
    match name:
        case "people" | "people_below":
            return _("People")
        case "teams":
            return _("Teams")
        case "person":
            return _("To this person")
        case "team":
            return _("To this team")
    return _("Back")
