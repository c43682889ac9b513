"""Rounds as pages: what is open, opening one."""

from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from andon.features.ballots import public as ballots
from andon.features.instruments import public as instruments
from andon.features.rounds import queries, renewal, sentences, services, signing
from andon.features.rounds.forms import OpenRound
from andon.foundation.organisation import public as organisation
from andon.foundation.permissions.public import current_member, is_steward, member_required
from andon.kernel import disclosure

UNITS_A_PAGE = 50
# Up to so many teams are chosen from a list; of more, the tree is walked or searched.
SHORT_LIST = 20
# Names of a unit, and of those who are not asked, that a preview shows.
PEOPLE_A_UNIT = 100


@require_safe
@member_required
def index(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    mine = queries.rounds_of(member)
    listed = {view.id for view in mine}
    nodes = organisation.leads_directly(member.pk, on=organisation.today())
    led = [view for view in queries.rounds_below(nodes) if view.id not in listed]
    titles = instruments.titles((view.instrument_id, view.instrument_version) for view in (*mine, *led))
    context = {"mine": mine, "led": led, "leads": bool(nodes), "titles": titles}
    context["may_open"] = bool(nodes or queries.may_ask_in(member, on=organisation.today()))
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
            "newest": queries.newest_question(view, timezone.now()) if view.state is queries.State.OPEN else None,
            "has_groups": view.state is queries.State.RELEASED and queries.has_groups(view.id),
            "you": member.label,
            "not_asked": queries.why_not_asked(member, round_id) if unit is None else None,
            "questionnaire": instruments.titles([(view.instrument_id, view.instrument_version)]).popitem()[1],
            "may_close": view.state is queries.State.OPEN and leads and view.early_close,
            "answer_address": services.door_address(view.id) if unit and view.state is queries.State.OPEN else "",
        },
    )


@require_http_methods(["GET", "HEAD"])
@member_required
def counted(request: HttpRequest, round_id: str) -> JsonResponse:
    """How far the count is, for the page of the round, which loads itself anew when the state is another."""
    view, _leads = queries.see_round(current_member(request), round_id)
    number = _("%(percent)s %% are counted") % {"percent": view.counted_percent}
    told = {"step": view.state, "done": view.counted_percent, "total": 100, "number": number, "words": number}
    return JsonResponse(told)


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
    """Choose, then see who would be asked in which unit, then open: three looks at one form.

    Whoever leads more teams than a short list holds chooses the team first, on a page of its own.
    """
    member = current_member(request)
    led = queries.may_ask_in(member, on=organisation.today())
    if not led:
        raise Http404
    asked = request.POST.get("node", request.GET.get("node", ""))
    # Whoever is on the way through the tree is not shown the list again.
    is_walking = not request.GET.keys().isdisjoint(("at", "q", "node"))
    teams = None if is_walking else organisation.short_list(led, most=SHORT_LIST)
    is_chosen = teams is None
    if teams is None:
        if not asked:
            return render(request, "rounds/choose.html", _choice(request, led))
        chosen = organisation.team_below(asked.replace("\x00", "")[:32], led)
        if chosen is None:
            messages.error(
                request, _("You cannot ask this team: you do not lead it, or it is gone. Choose another one.")
            )
            return redirect("rounds:new")
        teams = [chosen]
    form = OpenRound(request.POST or None, teams=teams, is_chosen=is_chosen)
    context: dict[str, Any] = {"form": form, "chosen": teams[0] if is_chosen else None}
    if not form.is_valid():
        return render(request, "rounds/new.html", context, status=422 if form.is_bound else 200)
    if "confirm" in request.POST:
        return _publish(request, form, context)
    try:
        shown = _preview(form, request.POST.get("page"))
    except services.RoundRefused as refused:
        form.add_error("asking", str(refused))
        return render(request, "rounds/new.html", context, status=422)
    return render(request, "rounds/preview.html", context | shown)


def _statements(instrument: instruments.Instrument, codes: Collection[str]) -> list[instruments.Wording]:
    """Their wordings in the order of the questionnaire."""
    return [instruments.in_words(one.wording) for one in instrument.statements if one.code in codes]


def _choice(request: HttpRequest, led: list[str]) -> dict[str, Any]:
    """The tree below those whom the member leads, open along one path; words find teams anywhere in it."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    if words:
        found, more = organisation.teams_found(words, within=led)
        return {"words": words, "found": found, "more_found": more}
    at = request.GET.get("at", "").replace("\x00", "")[:32]
    return {"words": words, "trees": organisation.trees_around(led, at, on=organisation.today())}


class _Units:
    """The units of a plan for pages of them: only those of the page are told."""

    def __init__(self, plan: disclosure.SizedPlan) -> None:
        self._plan = plan

    def __len__(self) -> int:
        return self._plan.count

    def __getitem__(self, places: slice) -> tuple[disclosure.SizedUnit, ...]:
        first, beyond, _step = places.indices(len(self))
        return self._plan.some(first, beyond)


def _preview(form: OpenRound, number: str | None) -> dict[str, Any]:
    """Who would be asked, a page of units at a time: of everybody in a large organisation no page can tell all."""
    on, now, node_id = organisation.today(), timezone.now(), form.cleaned_data["node"]
    outline = services.outline_round(node_id=node_id, on=on)
    opens_at, closes_at = form.dates(now)
    instrument = form.offer[form.cleaned_data["instrument"]]
    window = services.plan_window(form.kind, instrument, node_id=node_id, opens_at=opens_at)
    try:
        services.check_rests(node_id, instrument.id, at=now, window_from=opens_at if window else None)
    except services.RoundRefused as refused:
        refusal = str(refused)
    else:
        refusal = ""
    units: Any = _Units(outline.plan)
    page = Paginator(units, UNITS_A_PAGE).get_page(number)
    nodes = {node_id for unit in page for node_id in unit.node_ids} | set(outline.plan.not_asked)
    labels = organisation.labels_in(nodes, on=on, most=PEOPLE_A_UNIT)

    def people(node_ids: Sequence[str]) -> list[str]:
        return sorted(label for node_id in node_ids for label in labels.get(node_id, ()))[:PEOPLE_A_UNIT]

    return {
        "units": [(unit.name, unit.size, people(unit.node_ids)) for unit in page],
        "page": page,
        "refusal": refusal,
        "asked": outline.asked,
        "not_asked": people(outline.plan.not_asked),
        "not_asked_number": outline.plan.not_asked_size,
        "shown_of_each": PEOPLE_A_UNIT,
        "opens_at": opens_at,
        "closes_at": window.closes_at if window else closes_at,
        "kind": form.kind,
        # In groups of how many; None where nobody is asked for any.
        "comments_from": services.ballots_for_comments() if form.asks_comments else None,
        # Not in the order that was drawn just now: it is drawn anew when the round is published.
        "asked_in_window": _statements(instrument, window.codes) if window else [],
        "last_asked_at": window.questions[-1].asked_from if window else None,
        "questionnaire": instruments.in_words(instrument.title),
        "opens_now": form.cleaned_data["opens"] == "now",
        "node_name": dict(form.fields["node"].choices)[node_id],  # type: ignore[attr-defined]
    }


def _publish(request: HttpRequest, form: OpenRound, context: dict[str, Any]) -> HttpResponse:
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
            kind=form.kind,
            asks_comments=form.asks_comments,
        )
    except services.RoundRefused as refused:
        form.add_error(None, str(refused))
        return render(request, "rounds/new.html", context, status=422)
    except (signing.StewardKeyMissing, ballots.KeyDirectoryMissing, ballots.BundleNotBuilt):
        form.add_error(
            None,
            _(
                "This installation is not ready to publish a round: a key or a file is missing. Nothing was opened. "
                "Ask whoever runs it to look at its log."
            ),
        )
        return render(request, "rounds/new.html", context, status=503)
    if opens_at <= now:
        services.open_round(round_id=published.pk, at=now)
    return redirect("rounds:detail", round_id=published.pk)
