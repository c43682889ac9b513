"""Rounds as pages: what is open, opening one."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from andon.features.ballots import public as ballots
from andon.features.rounds import queries, renewal, sentences, services, signing
from andon.features.rounds.forms import OpenRound
from andon.foundation.organisation import public as organisation
from andon.foundation.permissions.public import current_member, is_steward, member_required

UNITS_A_PAGE = 50
# Names of a unit, and of those who are not asked, that a preview shows.
PEOPLE_A_UNIT = 100


@require_safe
@member_required
def index(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    mine = queries.rounds_of(member)
    listed = {view.id for view in mine}
    today = organisation.today()
    led = [view for view in queries.rounds_led_by(member, on=today) if view.id not in listed]
    may_open = bool(organisation.leads_of(member.pk, on=today))
    context = {"mine": mine, "led": led, "may_open": may_open}
    return render(request, "rounds/index.html", context | (_of_the_key() if is_steward(member) else {}))


def _of_the_key() -> dict[str, Any]:
    """What stewards are told about the key that publishes, when there is something to do."""
    delegated = signing.delegation_state()
    if delegated.state is signing.DelegationState.VALID or settings.STEWARD_KEY_FILE:
        return {}
    return {"key_state": delegated.state.value, "key_until": delegated.until}


@require_safe
@member_required
def detail(request: HttpRequest, round_id: str) -> HttpResponse:
    member = current_member(request)
    view, leads = queries.see_round(member, round_id)
    unit = queries.unit_of(member, round_id)
    # Who leads it, or stewards, sees in numbers what changed since; nobody else, for it says who came and went.
    is_compared = view.state in {queries.State.PUBLISHED, queries.State.OPEN} and (leads or is_steward(member))
    changes = None
    if is_compared:
        changes = renewal.changes_since(view.id, at=timezone.now(), however_many="compare" in request.GET)
    return render(
        request,
        "rounds/detail.html",
        {
            "round": view,
            "unit": unit,
            "void_reason": sentences.say(view.void_reason, sentences.VOID_REASONS),
            "is_compared": is_compared,
            "changes": changes,
            "may_renew": leads and view.state is queries.State.PUBLISHED,
            "was_withdrawn": view.void_reason == "withdrawn",
            "you": member.label,
            "not_asked": queries.why_not_asked(member, round_id) if unit is None else None,
            "may_close": view.state is queries.State.OPEN and leads and view.early_close,
            "answer_address": services.door_address(view.id) if unit and view.state is queries.State.OPEN else "",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def renew(request: HttpRequest, round_id: str) -> HttpResponse:
    """Withdraw a round that is not open yet and publish it with today's people, after a look at both rosters."""
    member, now = current_member(request), timezone.now()
    view = queries.access_round(member, round_id, needs="lead")
    back = redirect("rounds:detail", round_id=view.id)
    if view.state is not queries.State.PUBLISHED:
        messages.error(request, str(renewal.CannotRenew()))
        return back
    if request.method != "POST":
        context = {"round": view, "plan": renewal.plan_renewal(view.id, at=now)}
        return render(request, "rounds/renew.html", context)
    try:
        published = renewal.renew_round(round_id=view.id, by=member, at=now)
    except services.RoundRefused as refused:
        messages.error(request, str(refused))
        return back
    except (signing.StewardKeyMissing, ballots.KeyDirectoryMissing, ballots.BundleNotBuilt):
        messages.error(
            request,
            _("This installation is not ready to publish a round: a key or a file is missing. Nothing was changed."),
        )
        return back
    messages.success(request, _("The round is published again. The public log says that the other was withdrawn."))
    return redirect("rounds:detail", round_id=published.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def new(request: HttpRequest) -> HttpResponse:
    """Choose, then see who would be asked in which unit, then open: three looks at one form."""
    member = current_member(request)
    nodes = organisation.leads_of(member.pk, on=organisation.today())
    if not nodes:
        raise Http404
    form = OpenRound(request.POST or None, nodes=nodes)
    context: dict[str, Any] = {"form": form}
    if not form.is_valid():
        return render(request, "rounds/new.html", context, status=422 if form.is_bound else 200)
    if "confirm" in request.POST:
        return _publish(request, form)
    return render(request, "rounds/preview.html", context | _preview(form, request.POST.get("page")))


def _preview(form: OpenRound, page: str | None) -> dict[str, Any]:
    """Who would be asked, a page of units at a time: of everybody in a large organisation no page can tell all."""
    now = timezone.now()
    plan = services.plan_round(node_id=form.cleaned_data["node"], on=organisation.today())
    opens_at, closes_at = form.dates(now)
    units = Paginator(plan.units, UNITS_A_PAGE).get_page(page)
    return {
        "units": [
            (unit.name, len(unit.members), [plan.labels[member] for member in unit.members[:PEOPLE_A_UNIT]])
            for unit in units
        ],
        "page": units,
        "asked": sum(len(unit.members) for unit in plan.units),
        "not_asked": [plan.labels[left.member] for left in plan.not_asked[:PEOPLE_A_UNIT]],
        "not_asked_number": len(plan.not_asked),
        "shown_of_each": PEOPLE_A_UNIT,
        "opens_at": opens_at,
        "closes_at": closes_at,
        "opens_now": form.cleaned_data["opens"] == "now",
        "node_name": dict(form.fields["node"].choices)[form.cleaned_data["node"]],  # type: ignore[attr-defined]
    }


def _publish(request: HttpRequest, form: OpenRound) -> HttpResponse:
    now = timezone.now()
    opens_at, closes_at = form.dates(now)
    try:
        published = services.publish_round(
            node_id=form.cleaned_data["node"],
            instrument_id=form.cleaned_data["instrument"],
            opens_at=opens_at,
            closes_at=closes_at,
            by=current_member(request),
            at=now,
        )
    except services.RoundRefused as refused:
        form.add_error(None, str(refused))
        return render(request, "rounds/new.html", {"form": form}, status=422)
    except (signing.StewardKeyMissing, ballots.KeyDirectoryMissing, ballots.BundleNotBuilt):
        form.add_error(
            None,
            _(
                "This installation is not ready to publish a round: a key or a file is missing. Nothing was opened. "
                "Ask whoever runs it to look at its log."
            ),
        )
        return render(request, "rounds/new.html", {"form": form}, status=503)
    if opens_at <= now:
        services.open_round(round_id=published.pk, at=now)
    return redirect("rounds:detail", round_id=published.pk)
