"""People by hand: the list, one person, and each thing that a steward may change about them."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.foundation import plans
from andon.foundation.notifications.public import MailNotSent
from andon.foundation.organisation import directory, membership, ways_back
from andon.foundation.organisation.days import today
from andon.foundation.organisation.directory import Show
from andon.foundation.organisation.membership import ChangeRefused, Placing
from andon.foundation.organisation.models import Duty, Membership, Node
from andon.foundation.organisation.person_forms import (
    DutiesForm,
    LastDayForm,
    NewPersonForm,
    PersonForm,
    PlaceForm,
    place_initial,
)
from andon.foundation.organisation.unit_preview import UnitChange
from andon.foundation.organisation.unit_regions import Comparison, Resized, StoredTree, compare_trees
from andon.foundation.people import public as people
from andon.foundation.people.models import Member
from andon.foundation.permissions.public import current_member, needs_duty

PEOPLE_A_PAGE = 50
steward = needs_duty(Duty.Role.STEWARD)


def person_or_404(member_id: UUID) -> Member:
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        raise Http404
    return member


def people_list(request: HttpRequest) -> HttpResponse:
    """What a steward sees under People: everybody, by words and by what is missing. Called by `views.people`."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    show = Show(request.GET["show"]) if request.GET.get("show") in set(Show) else Show.EVERYBODY
    within = Node.objects.filter(pk=request.GET.get("in", "").replace("\x00", "")[:32]).first()
    on = today()
    below = within.pk if within else ""
    page: directory.Leaf | Page[Member]
    if words or show or within:
        with plans.for_these_values():
            found = directory.people_found(words=words, show=show, below=below, on=on)
            page = directory.leaf_of(found, request.GET.get("page"), at_once=PEOPLE_A_PAGE)
    else:
        found = directory.people_found(words=words, show=show, below=below, on=on)
        page = Paginator(found, PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    kept = {key: value for key, value in (("q", words), ("show", show), ("in", within.pk if within else "")) if value}
    filters = [
        (show is other, label, "?" + urlencode({**kept, "show": other.value} if other else _without(kept, "show")))
        for other, label in (
            (Show.EVERYBODY, _("Everybody")),
            (Show.NO_TEAM, _("In no team")),
            (Show.NOT_INVITED, _("Not invited yet")),
            (Show.LEAVES_SOON, _("Leave soon")),
            (Show.DEACTIVATED, _("Deactivated")),
        )
    ]
    context = {
        "page": page,
        "lines": directory.lines_of(list(page.object_list), on=on),
        "words": words,
        "show": show,
        "within": within,
        "without_team": "?" + urlencode(_without(kept, "in")),
        "filters": filters,
        "kept": urlencode(kept),
        "is_empty": not (words or show or within or page.object_list),
    }
    return render(request, "organisation/people_list.html", context)


def _without(kept: dict[str, Any], key: str) -> dict[str, Any]:
    return {other: value for other, value in kept.items() if other != key}


@require_safe
@steward
def person(request: HttpRequest, member_id: UUID) -> HttpResponse:
    member = person_or_404(member_id)
    stays = directory.stays_of(member, on=today())
    state = people.invitation_state(member)
    context = {
        "person": member,
        "stays": stays,
        "now": next((stay for stay in stays if stay.when == "now"), None),
        "duties": [duty.get_role_display() for duty in directory.duties_of(member)],
        "joined": state is people.InvitationState.JOINED,
        "invited": state is people.InvitationState.INVITED,
        "is_self": member.pk == current_member(request).pk,
        "waiting": people.waiting_for(member),
    }
    return render(request, "organisation/person.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def add(request: HttpRequest) -> HttpResponse:
    """Who and where; then what that does to units; then it is done."""
    on = today()
    initial = place_initial(today=on, stay=None)
    preset = Node.objects.filter(pk=request.GET.get("team", "").replace("\x00", "")[:32], retired_on=None).first()
    if preset is not None:
        initial["team"] = membership.team_in_words(preset.pk)
    form = NewPersonForm(request.POST if request.method == "POST" else None, initial=initial)
    title = _("Add a person")
    back = reverse("organisation:people")
    if not form.is_valid():
        return _form(
            request, form, title=title, back=back, lead=_("Next you see what it changes. Nobody is written to.")
        )
    placing, data = form.placing(), form.cleaned_data
    try:
        if "confirm" in request.POST:
            added = membership.add_person(
                email=data["email"],
                name=data["name"],
                placing=placing,
                by=current_member(request),
                at=timezone.now(),
                on=on,
            )
            messages.success(request, _("The person is added and can sign in. Nobody was written to."))
            return redirect("organisation:person", member_id=added.pk)
        if Member.objects.filter(email=data["email"]).exists():
            raise membership.AddressTaken
        membership.check_placing(None, placing, on=on)
    except ChangeRefused as refused:
        form.add_error(None, str(refused))
        return _form(request, form, title=title, back=back)
    facts = [(_("Name"), data["name"]), (_("E-mail address"), data["email"]), *placing_facts(placing)]
    return confirm(
        request,
        form,
        title=_("Add %(name)s") % {"name": data["name"]},
        consequence=_("Whoever is added can sign in with this address at once."),
        facts=facts,
        action=_("Add this person"),
        back=back,
        compared=compare_sizes({placing.node.pk: 1}, on=placing.starts_on),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def edit(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Name and address. Another address is confirmed first, since it ends sessions."""
    member = person_or_404(member_id)
    bound = request.POST if request.method == "POST" else None
    form = PersonForm(bound, initial={"name": member.name, "email": member.email})
    title, back = _("Change name or address"), reverse("organisation:person", args=[member.pk])
    if not form.is_valid():
        return _form(request, form, title=title, back=back, action=_("Save"))
    name, email = form.cleaned_data["name"], form.cleaned_data["email"]
    try:
        if email != member.email and "confirm" not in request.POST:
            if Member.objects.filter(email=email).exists():
                raise membership.AddressTaken
            title, action = _("Another address for %(name)s"), _("Change the address")
            facts = [(_("So far"), member.email), (_("Then"), email)]
            if name != member.name:
                title, action = _("Another name and address for %(name)s"), _("Change name and address")
                facts = [(_("So far"), member.label), (_("Then"), Member(name=name, email=email).label)]
            return confirm(
                request,
                form,
                title=title % {"name": member.name},
                consequence=_(
                    "The account stays the same. This person has signed in before, so the new address counts in three "
                    "days: the old one gets a letter now, and whoever reads it can refuse, or use the new one at once. "
                    "Then every session ends, links that were sent before no longer work, and codes go to the new "
                    "address only."
                )
                if people.has_to_wait(member)
                else _(
                    "The account stays the same. Links that were sent before no longer work, and codes for signing in "
                    "go to the new address only, at once: this person has never signed in."
                ),
                facts=facts,
                action=action,
                back=back,
            )
        changed = membership.edit_person(
            member=member, email=email, name=name, by=current_member(request), at=timezone.now()
        )
    except ChangeRefused as refused:
        form.add_error(None, str(refused))
        return _form(request, form, title=title, back=back, action=_("Save"))
    messages.success(request, _("It is saved.") if changed else _("Everything was so already. Nothing was changed."))
    return redirect(back)


@require_POST
@steward
def keep_address(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Take back another address that waits."""
    member = person_or_404(member_id)
    waiting = people.waiting_for(member)
    if waiting is None or not people.refuse(waiting, by=current_member(request), at=timezone.now()):
        messages.info(request, _("No other address waits. Nothing was changed."))
    else:
        messages.success(request, _("The address stays as it is."))
    return redirect("organisation:person", member_id=member.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def place(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Another team, or another role in it, from a day on: what it does to units is shown first."""
    member, on = person_or_404(member_id), today()
    back = reverse("organisation:person", args=[member.pk])
    initial = place_initial(today=on, stay=membership.current_or_replaced(member, on))
    form = PlaceForm(request.POST if request.method == "POST" else None, initial=initial)
    title = _("Team and role of %(name)s") % {"name": member.name}
    lead = _("From the first day on. Until then everything stays as it is.")
    if not form.is_valid():
        return _form(request, form, title=title, back=back, lead=lead)
    placing = form.placing()
    before = membership.current_or_replaced(member, placing.starts_on)
    try:
        if "confirm" in request.POST:
            membership.place_person(
                member=member, placing=placing, by=current_member(request), at=timezone.now(), on=on
            )
            messages.success(request, _("It is saved. Rounds that are published keep the roster they have."))
            return redirect(back)
        membership.check_placing(member, placing, on=on)
    except ChangeRefused as refused:
        form.add_error(None, str(refused))
        return _form(request, form, title=title, back=back, lead=lead)
    sizes = {placing.node.pk: 1}
    if before is not None:
        sizes[before.node_id] = sizes.get(before.node_id, 0) - 1
    team_before = membership.team_in_words(before.node_id) if before else _("in no team")
    return confirm(
        request,
        form,
        title=title,
        consequence=_("What was before ends the day before. Rounds that are published keep the roster they have."),
        facts=[(_("So far"), team_before), *placing_facts(placing)],
        action=_("Save"),
        back=back,
        compared=compare_sizes(sizes, on=placing.starts_on),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def last_day(request: HttpRequest, member_id: UUID, stay_id: int) -> HttpResponse:
    """When a place that holds now, or is planned, ends."""
    member, on = person_or_404(member_id), today()
    stay = Membership.objects.filter(pk=stay_id, member=member).select_related("node").first()
    if stay is None or (stay.ends_on is not None and stay.ends_on < on):
        raise Http404
    back = reverse("organisation:person", args=[member.pk])
    form = LastDayForm(request.POST if request.method == "POST" else None, initial={"ends_on": stay.ends_on})
    title = _("Last day of %(name)s in %(team)s") % {"name": member.name, "team": stay.node.name}
    lead = _("After the last day the person is in no team, unless another one begins.")
    if not form.is_valid():
        return _form(request, form, title=title, back=back, lead=lead)
    ends_on = form.cleaned_data["ends_on"]
    if "confirm" not in request.POST and ends_on is not None and ends_on >= on:
        return confirm(
            request,
            form,
            title=title,
            consequence=lead,
            facts=[(_("Last day"), date_format(ends_on))],
            action=_("Save"),
            back=back,
            compared=compare_sizes({stay.node_id: -1}, on=ends_on),
        )
    try:
        membership.end_place(
            member=member, membership_id=stay.pk, ends_on=ends_on, by=current_member(request), at=timezone.now(), on=on
        )
    except ChangeRefused as refused:
        form.add_error(None, str(refused))
        return _form(request, form, title=title, back=back, lead=lead)
    messages.success(request, _("It is saved."))
    return redirect(back)


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def cancel(request: HttpRequest, member_id: UUID, stay_id: int) -> HttpResponse:
    """Take back what is planned."""
    member, on = person_or_404(member_id), today()
    stay = Membership.objects.filter(pk=stay_id, member=member, starts_on__gt=on).select_related("node").first()
    if stay is None:
        raise Http404
    back = reverse("organisation:person", args=[member.pk])
    if request.method == "POST":
        try:
            membership.cancel_planned(
                member=member, membership_id=stay.pk, by=current_member(request), at=timezone.now(), on=on
            )
            messages.success(request, _("What was planned is cancelled."))
        except ChangeRefused as refused:
            messages.error(request, str(refused))
        return redirect(back)
    context = {
        "title": _("Cancel what is planned for %(name)s") % {"name": member.name},
        "consequence": _("Whoever would have left another team for this one stays there."),
        "details": [(_("Team"), membership.team_in_words(stay.node_id)), (_("From"), date_format(stay.starts_on))],
        "action": _("Cancel it"),
        "action_url": request.path,
        "cancel_url": back,
    }
    return render(request, "interface/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def duties(request: HttpRequest, member_id: UUID) -> HttpResponse:
    member = person_or_404(member_id)
    back = reverse("organisation:person", args=[member.pk])
    held = [duty.role for duty in directory.duties_of(member)]
    form = DutiesForm(request.POST if request.method == "POST" else None, initial={"duties": held})
    title = _("Roles of %(name)s") % {"name": member.name}
    lead = _("Beside the team. Every change stands in the change log, which all members can read.")
    if not form.is_valid():
        return _form(request, form, title=title, back=back, lead=lead, action=_("Save"))
    try:
        changed = membership.set_duties(
            member=member, duties=form.cleaned_data["duties"], by=current_member(request), at=timezone.now()
        )
    except ChangeRefused as refused:
        form.add_error(None, str(refused))
        return _form(request, form, title=title, back=back, lead=lead, action=_("Save"))
    messages.success(request, _("It is saved.") if changed else _("Everything was so already. Nothing was changed."))
    # Whoever gave the role of steward away sees this page no more.
    gone = member.pk == current_member(request).pk and Duty.Role.STEWARD not in form.cleaned_data["duties"]
    return redirect("organisation:people") if gone else redirect(back)


@require_http_methods(["GET", "HEAD", "POST"])
@steward
def deactivate(request: HttpRequest, member_id: UUID) -> HttpResponse:
    member, on = person_or_404(member_id), today()
    back = reverse("organisation:person", args=[member.pk])
    if request.method == "POST":
        try:
            membership.deactivate(member=member, by=current_member(request), at=timezone.now(), on=on)
            messages.success(request, _("The person is deactivated. Sessions, team and roles ended at once."))
        except ChangeRefused as refused:
            messages.error(request, str(refused))
            return redirect(back)
        return redirect("organisation:people") if member.pk == current_member(request).pk else redirect(back)
    if not member.is_active:
        return redirect(back)
    stay = membership.current_or_replaced(member, on)
    return confirm(
        request,
        forms.Form(),
        title=_("Deactivate %(name)s") % {"name": member.name},
        consequence=_(
            "Sessions, sent links, the team, what is planned and every role end at once, and nobody can sign in with "
            "this address. Answers that were given stay in their round: nobody can tell them apart. The person can be "
            "reactivated, and is in no team then."
        ),
        facts=[(_("Team"), membership.team_in_words(stay.node_id) if stay else _("in no team"))],
        action=_("Deactivate"),
        back=back,
        compared=compare_sizes({stay.node_id: -1}, on=on) if stay else None,
        refused=str(membership.LastSteward()) if membership.is_last_steward(member) else "",
    )


@require_POST
@steward
def reactivate(request: HttpRequest, member_id: UUID) -> HttpResponse:
    member = person_or_404(member_id)
    membership.reactivate(member=member, by=current_member(request), at=timezone.now())
    messages.success(request, _("The person may sign in again. They are in no team yet."))
    return redirect("organisation:person", member_id=member.pk)


@require_POST
@steward
def invite(request: HttpRequest, member_id: UUID) -> HttpResponse:
    member = person_or_404(member_id)
    try:
        people.invite(member, by=current_member(request), at=timezone.now())
        messages.success(request, _("The invitation is sent. Its link works once, for seven days."))
    except people.AlreadyJoined:
        messages.info(request, _("This person has signed in before or is deactivated. Nothing was sent."))
    except MailNotSent:
        messages.error(
            request,
            _("The mail server did not take the letter. Nobody was invited. Look at the mail server under Settings."),
        )
    return redirect("organisation:person", member_id=member.pk)


def placing_facts(placing: Placing) -> list[tuple[str, str]]:
    facts = [
        (_("Team"), membership.team_in_words(placing.node.pk)),
        (_("Role in the team"), str(Membership.Role(placing.role).label)),
        (_("First day"), date_format(placing.starts_on)),
    ]
    if placing.ends_on:
        facts.append((_("Last day"), date_format(placing.ends_on)))
    return facts


def compare_sizes(sizes: dict[str, int], *, on: Any) -> Comparison:
    """What so many more or fewer people in these teams do to the units of that day."""
    tree = StoredTree(on)
    changed = {node_id: by for node_id, by in sizes.items() if by}
    return compare_trees(tree, Resized(tree, changed), changed=changed, touched=sizes)


def confirm(
    request: HttpRequest,
    form: forms.Form,
    *,
    title: str,
    consequence: str,
    facts: list[tuple[str, str]],
    action: str,
    back: str,
    compared: Comparison | None = None,
    refused: str = "",
) -> HttpResponse:
    """What will happen, in words, with what it does to units; the form is sent again as it was typed."""
    rows: tuple[UnitChange, ...] = ()
    if compared is not None:
        listed = {change.node_id for change in compared.changes}
        rows = (*compared.changes, *(told for told in compared.touched if told.node_id not in listed))
    context = {
        "title": title,
        "consequence": consequence,
        "facts": facts,
        "hidden": _as_sent(form),
        "action": action,
        "back": back,
        "back_label": ways_back.label_of(back),
        "compared": compared,
        "rows": rows,
        "refused": refused,
    }
    return render(request, "organisation/confirm_change.html", context)


def _as_sent(form: forms.Form) -> list[tuple[str, str]]:
    """The fields as they were understood, so that a yes is to what is shown, whatever has changed meanwhile."""
    if not form.is_bound or not form.is_valid():
        return []
    values = {name: form.cleaned_data.get(name) for name in form.fields}
    return [(form.add_prefix(name), str(value)) for name, value in values.items() if value not in (None, "")]


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
