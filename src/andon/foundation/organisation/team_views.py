"""Teams by hand: the tree, one team, and each thing that a steward may change about it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.foundation.organisation import directory, teams, ways_back
from andon.foundation.organisation.days import today
from andon.foundation.organisation.membership import ChangeRefused, team_in_words
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.person_forms import TeamForm, TeamNameForm
from andon.foundation.organisation.person_views import confirm
from andon.foundation.organisation.unit_regions import Moved, StoredTree, compare_trees, standing_of
from andon.foundation.organisation.walking import paths_of
from andon.foundation.permissions.public import access_node, current_member, needs_duty

PEOPLE_A_PAGE = 50
steward = needs_duty(Duty.Role.STEWARD)


def _team(request: HttpRequest, node_id: str) -> Node:
    return access_node(current_member(request), node_id)


@require_safe
@steward
def tree(request: HttpRequest) -> HttpResponse:
    """The tree, open along the path to one team; words find teams anywhere in it."""
    top = Node.objects.filter(parent=None).order_by("pk").first()
    words = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    if top is None:
        return render(request, "organisation/teams.html", {"words": words})
    at = request.GET.get("at", "").replace("\x00", "")[:32]
    opened = Node.objects.filter(pk=at, retired_on=None).first() or top
    found, more = directory.teams_found(words) if words else ([], False)
    context: dict[str, Any] = {
        "root": directory.tree_around(opened, on=today()),
        "opened": opened,
        "words": words,
        "found": found,
        "more_found": more,
    }
    return render(request, "organisation/teams.html", context)


@require_safe
@steward
def team(request: HttpRequest, node_id: str) -> HttpResponse:
    node, on = _team(request, node_id), today()
    page = Paginator(directory.teammates(node, on=on), PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    stored = StoredTree(on)
    below, more_below = directory.teams_below(node, sized=stored.below(node.pk), on=on)
    path = paths_of([node.pk])[node.pk]
    context = {
        "team": node,
        "above": path[:-1],
        "page": page,
        "lead_role": Membership.Role.LEAD,
        "today": on,
        "below": below,
        "more_below": more_below,
        "standing": standing_of(node.pk, stored),
        "parent": path[-2] if len(path) > 1 else None,
    }
    return render(request, "organisation/team.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def add_team(request: HttpRequest, node_id: str) -> HttpResponse:
    parent = _team(request, node_id)
    form = TeamNameForm(request.POST if request.method == "POST" else None)
    title = _("Add a team below %(name)s") % {"name": parent.name}
    lead = _("It begins with nobody in it, so no roster changes.")
    back = reverse("organisation:team", args=[parent.pk])
    if form.is_valid():
        try:
            added = teams.add_team(
                parent=parent, name=form.cleaned_data["name"], by=current_member(request), at=timezone.now()
            )
            messages.success(request, _("The team is added. Nobody is in it yet."))
            return redirect("organisation:team", node_id=added.pk)
        except ChangeRefused as refused:
            form.add_error("name", str(refused))
    return _form(request, form, title=title, back=back, lead=lead, action=_("Add the team"))


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def rename_team(request: HttpRequest, node_id: str) -> HttpResponse:
    node = _team(request, node_id)
    form = TeamNameForm(request.POST if request.method == "POST" else None, initial={"name": node.name})
    back = reverse("organisation:team", args=[node.pk])
    if form.is_valid():
        try:
            changed = teams.rename_team(
                node=node, name=form.cleaned_data["name"], by=current_member(request), at=timezone.now()
            )
            messages.success(
                request, _("It is saved.") if changed else _("Everything was so already. Nothing was changed.")
            )
            return redirect(back)
        except ChangeRefused as refused:
            form.add_error("name", str(refused))
    lead = _("Rounds that are published, and their results, keep the name of their day.")
    return _form(
        request, form, title=_("Rename %(name)s") % {"name": node.name}, back=back, lead=lead, action=_("Save")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def move_team(request: HttpRequest, node_id: str) -> HttpResponse:
    """Choose the place by typing, or come from the tree with `?to=`; then see what it does to units; then move."""
    node = _team(request, node_id)
    back = reverse("organisation:team", args=[node.pk])
    title = _("Move %(name)s below another team") % {"name": node.name}
    lead = _("With all people and teams in it. Nobody changes team.")
    given = request.GET.get("to", "").replace("\x00", "")[:32] if request.method != "POST" else ""
    data: Any = request.POST if request.method == "POST" else None
    if given:
        target = Node.objects.filter(pk=given).first()
        data = {"team": team_in_words(target.pk), "team_id": target.pk} if target is not None else None
    form = TeamForm(data, without=node.pk)
    form.fields["team"].label = _("Below which team")
    if not form.is_valid():
        return _form(request, form, title=title, back=back, lead=lead)
    target = form.cleaned_data["node"]
    try:
        if "confirm" in request.POST:
            teams.move_team(node=node, parent=target, by=current_member(request), at=timezone.now())
            messages.success(request, _("The team is moved. Rounds that are published keep the roster they have."))
            return redirect(back)
        teams.check_move(node, target)
    except ChangeRefused as refused:
        form.add_error("team", str(refused))
        return _form(request, form, title=title, back=back, lead=lead)
    stored = StoredTree(today())
    compared = compare_trees(
        stored,
        Moved(stored, node.pk, target.pk),
        changed=[node.parent_id or node.pk, target.pk],
        touched=[node.pk],
    )
    return confirm(
        request,
        form,
        title=_("Move %(name)s") % {"name": node.name},
        consequence=_(
            "Whoever leads a team above the new place then leads this one, too; whoever led it from the old place no "
            "longer does. Rounds that are published keep the roster they have."
        ),
        facts=[
            (_("So far below"), team_in_words(node.parent_id) if node.parent_id else ""),
            (_("Then below"), team_in_words(target.pk)),
        ],
        action=_("Move the team"),
        back=back,
        compared=compared,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def retire_team(request: HttpRequest, node_id: str) -> HttpResponse:
    node, on = _team(request, node_id), today()
    back = reverse("organisation:team", args=[node.pk])
    refused = ""
    try:
        if request.method == "POST":
            teams.retire_team(node=node, by=current_member(request), at=timezone.now(), on=on)
            messages.success(request, _("The team is retired. Its past rounds and results stay."))
            return redirect("organisation:teams")
        teams.check_retire(node, on=on)
    except ChangeRefused as problem:
        refused = str(problem)
    consequence = _(
        "The team leaves every list and takes nobody any more. Rounds that were held in it, and their results, stay."
    )
    if not refused:
        consequence += " " + _("Nobody is in it, so no roster changes.")
    return confirm(
        request,
        forms.Form(),
        title=_("Retire %(name)s") % {"name": node.name},
        consequence=consequence,
        facts=[(_("Team"), team_in_words(node.pk))],
        action=_("Retire the team"),
        back=back,
        refused=refused,
    )


@require_POST
@steward
def revive_team(request: HttpRequest, node_id: str) -> HttpResponse:
    node = _team(request, node_id)
    try:
        teams.revive_team(node=node, by=current_member(request), at=timezone.now())
        messages.success(request, _("The team is back, with nobody in it."))
    except ChangeRefused as refused:
        messages.error(request, str(refused))
    return redirect("organisation:team", node_id=node.pk)


def _form(
    request: HttpRequest, form: forms.Form, *, title: str, back: str, lead: str = "", action: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "back": back,
        "back_label": ways_back.label_of(back),
        "lead": lead,
        "action": action or _("Show what changes"),
    }
    return render(request, "organisation/change.html", context, status=422 if form.is_bound else 200)
