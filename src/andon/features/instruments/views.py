"""Instruments as pages: what can be asked, one of them whole, bringing one, what stewards decide."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.features.instruments import queries, sentences, services
from andon.features.instruments.forms import ChooseInstrument
from andon.features.instruments.model import Instrument
from andon.features.instruments.refusals import InstrumentError, UnknownInstrument
from andon.features.instruments.wording import in_words
from andon.foundation.organisation.models import Duty
from andon.foundation.permissions.public import current_member, is_steward, member_required, needs_duty


@require_safe
@member_required
def index(request: HttpRequest) -> HttpResponse:
    newest = [line for line in queries.listed() if line.is_newest]
    lines = [_in_a_line(line) for line in newest if not line.is_retired]
    retired = [_in_a_line(line) for line in newest if line.is_retired]
    context = {"lines": lines, "retired": retired, "is_steward": is_steward(current_member(request))}
    return render(request, "instruments/index.html", context)


def _in_a_line(line: queries.Listed) -> dict[str, Any]:
    one = line.instrument
    return {
        "line": line,
        "title": in_words(one.title),
        "length": sentences.length(one),
        "languages": sentences.languages(one),
        "rights": sentences.rights_in_short(one),
    }


def _found(instrument_id: str, version: str) -> tuple[queries.Listed, list[queries.Listed]]:
    """The version, and all versions of its instrument. Raises: Http404."""
    versions = [line for line in queries.listed() if line.instrument.id == instrument_id]
    found = next((line for line in versions if line.instrument.version == version), None)
    if found is None:
        raise Http404
    return found, versions


@require_safe
@member_required
def detail(request: HttpRequest, instrument_id: str, version: str) -> HttpResponse:
    line, versions = _found(instrument_id, version)
    one = line.instrument
    wanted = request.GET.get("in", "")
    shown = wanted if wanted in one.translations else None
    title = in_words(one.title, shown)
    context = {
        "line": line,
        "instrument": one,
        "title": title,
        "length": sentences.length(one),
        "shown_in": sentences.language(title.language),
        "is_draft": one.translations[title.language] == "draft",
        "original": one.original,
        "labels": in_words({tag: " · ".join(labels) for tag, labels in one.scale.labels.items()}, shown),
        "facets": _facets(one, shown),
        "languages": [
            (tag, sentences.language(tag), sentences.STATES[status]) for tag, status in one.translations.items()
        ],
        "priors": [(sentences.MEASURES[prior.measure], prior.value, prior.source) for prior in one.priors],
        "rights": sentences.rights(one),
        "versions": [other for other in versions if other is not line],
        "is_steward": is_steward(current_member(request)),
        "may_retire": line.is_newest and not line.waits and one.id != queries.CORE,
    }
    return render(request, "instruments/detail.html", context)


def _facets(one: Instrument, language: str | None) -> list[dict[str, Any]]:
    number = {code: place for place, code in enumerate(one.codes, start=1)}
    return [
        {
            "name": in_words(facet.name, language),
            "least": facet.least_statements,
            "statements": [
                (number[found.code], in_words(found.wording, language), sentences.answer(found.direction, one.words))
                for found in one.of_facet(facet.id)
            ],
        }
        for facet in one.facets
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@needs_duty(Duty.Role.STEWARD)
def add(request: HttpRequest) -> HttpResponse:
    form = ChooseInstrument(request.POST, request.FILES) if request.method == "POST" else ChooseInstrument()
    if form.is_valid():
        try:
            brought = services.bring(form.cleaned_data["file"], by=current_member(request), at=timezone.now())
        except InstrumentError as refused:
            form.add_error("file", f"{refused} {_('Nothing was stored.')}")
        else:
            if brought.is_new:
                messages.success(request, _("The questionnaire is kept. It stands in the change log."))
            else:
                messages.info(request, _("This file is here already. Nothing was changed."))
            return redirect("instruments:detail", brought.instrument.id, brought.instrument.version)
    return render(request, "instruments/add.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_duty(Duty.Role.STEWARD)
def rights(request: HttpRequest, instrument_id: str, version: str) -> HttpResponse:
    """The note, and the button by which a steward says that the organisation may ask it."""
    line, _versions = _found(instrument_id, version)
    if not line.has_note:
        raise Http404
    if request.method == "POST":
        services.confirm_rights(instrument_id, version, by=current_member(request), at=timezone.now())
        messages.success(request, _("Confirmed. It stands in the change log, which every member can read."))
        return redirect("instruments:detail", instrument_id, version)
    context = {
        "line": line,
        "title": in_words(line.instrument.title),
        "note": sentences.rights(line.instrument),
        "original": line.instrument.original,
    }
    return render(request, "instruments/rights.html", context)


@require_POST
@needs_duty(Duty.Role.STEWARD)
def offer(request: HttpRequest, instrument_id: str) -> HttpResponse:
    """Take the instrument off the offer, or put it back."""
    try:
        newest = queries.load(instrument_id)
        if request.POST.get("do") == "retire":
            services.retire(instrument_id, by=current_member(request), at=timezone.now())
            messages.success(request, _("It is not offered for new rounds any more. Rounds that ask it go on."))
        else:
            services.offer_again(instrument_id, by=current_member(request), at=timezone.now())
            messages.success(request, _("It is offered for new rounds."))
    except UnknownInstrument:
        raise Http404 from None
    except services.CoreStays as refused:
        messages.error(request, str(refused))
    return redirect("instruments:detail", instrument_id, newest.version)
