"""The guide's codes in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from andon.features.guide.model import Facet, Kind, Practice, Role

FACETS = {
    Facet.INCLUSION: _("Inclusion"),
    Facet.LEARNER: _("Learner"),
    Facet.CONTRIBUTOR: _("Contributor"),
    Facet.CHALLENGER: _("Challenger"),
    Facet.ACCOUNTABILITY: _("Accountability"),
}

# What it is about, for whoever does not know the names of the stages.
ABOUT = {
    Facet.INCLUSION: _("belonging"),
    Facet.LEARNER: _("admitting mistakes"),
    Facet.CONTRIBUTOR: _("bringing in ideas"),
    Facet.CHALLENGER: _("challenging a plan"),
    Facet.ACCOUNTABILITY: _("standards and promises"),
}

ROLES = {
    Role.MEMBER: _("any member"),
    Role.LEAD: _("whoever leads"),
    Role.FACILITATOR: _("whoever facilitates"),
}

KINDS = {Kind.BOOK: _("book"), Kind.STUDY: _("study"), Kind.ARTICLE: _("article"), Kind.GUIDE: _("guide")}


def line(practice: Practice) -> dict[str, Any]:
    """What the list of practices says of one. What any member can do, others can do too: that goes without saying."""
    roles = (Role.MEMBER,) if Role.MEMBER in practice.roles else practice.roles
    return {
        "practice": practice,
        "facets": [FACETS[facet] for facet in practice.facets],
        "roles": [ROLES[role] for role in roles],
    }


def lines(practices: Iterable[Practice]) -> list[dict[str, Any]]:
    """For the template `guide/_practices.html`."""
    return [line(practice) for practice in practices]
