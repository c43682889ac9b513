import hashlib

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.foundation.configuration import public as configuration
from andon.foundation.configuration.forms import SectionForm
from andon.foundation.organisation.models import Duty
from andon.foundation.permissions.public import current_member, needs_duty


@require_safe
@needs_duty(Duty.Role.STEWARD)
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "configuration/index.html", {"sections": configuration.sections()})


@require_http_methods(["GET", "HEAD", "POST"])
@needs_duty(Duty.Role.STEWARD)
def section(request: HttpRequest, slug: str) -> HttpResponse:
    chosen = _section_or_404(slug)
    form = SectionForm(chosen, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = configuration.consequences(form.chosen())
        if said and request.POST.get("agreed") != _as_read(said):
            context = {"section": chosen, "form": form, "consequences": said, "as_read": _as_read(said)}
            return render(request, "configuration/section.html", context)
        changed = configuration.write(form.chosen(), by=current_member(request), at=timezone.now())
        if changed:
            words = ngettext("%d setting was changed.", "%d settings were changed.", len(changed)) % len(changed)
            messages.success(request, words + " " + _("It stands in the change log, which every member can read."))
        else:
            messages.info(request, _("Everything was so already. Nothing was changed."))
        return redirect("configuration:section", slug=slug)
    return render(request, "configuration/section.html", {"section": chosen, "form": form})


def _as_read(said: list[str]) -> str:
    """Stands for these very sentences: who agreed to others, or when fewer people were concerned, reads them again."""
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


@require_POST
@needs_duty(Duty.Role.STEWARD)
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """Try what is set, and show what was seen. Changes nothing."""
    chosen = _section_or_404(slug)
    if chosen.check is None:
        raise Http404
    findings = chosen.check.run(request)
    context = {"section": chosen, "form": SectionForm(chosen), "findings": findings}
    return render(request, "configuration/section.html", context)


def _section_or_404(slug: str) -> configuration.Section:
    chosen = configuration.section_named(slug)
    if chosen is None or chosen.url_name:
        raise Http404
    return chosen
