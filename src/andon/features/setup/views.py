"""The first run in the browser. All of it is a 404 from the founding on, except the page of what comes next."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from andon.features.rounds import public as rounds
from andon.features.setup import code, draft, forms, links, readiness
from andon.features.setup.doors import check_doors
from andon.features.setup.founding import CannotFound, OthersWereFirst, found
from andon.features.setup.obstacles import obstacles
from andon.foundation.configuration import public as configuration
from andon.foundation.configuration.forms import SectionForm
from andon.foundation.interface.views import link_is_over, sentence
from andon.foundation.notifications.public import send_test_mail
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Duty
from andon.foundation.permissions.public import needs_duty

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def before_founding(view: View[P]) -> View[P]:
    """A 404 for everybody once there is an organisation, whoever asks and whatever their session holds."""

    @wraps(view)
    def asked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if organisation.current() is not None:
            raise Http404
        return view(request, *args, **kwargs)

    return asked


@require_http_methods(["GET", "HEAD", "POST"])
@before_founding
def index(request: HttpRequest) -> HttpResponse:
    """Asks for the set-up code."""
    begun = draft.draft_of(request)
    if begun is not None:
        return redirect("setup:step", step=begun.next_step)
    form = forms.EnterCode(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if code.is_right(settings.DATA_DIRECTORY, form.cleaned_data["code"]):
            draft.begin(request)
            return redirect("setup:step", step=draft.STEPS[0])
        # One sentence for a wrong code, for one that was tried too often, and for none at all.
        form.add_error(
            "code",
            _(
                "This is not the code, or it was tried too often. Nothing was changed. On the machine of the service, "
                "“andon setup --code” shows the one that holds."
            ),
        )
    return render(request, "setup/code.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@before_founding
def step(request: HttpRequest, step: str) -> HttpResponse:
    if step not in _PAGES:
        raise Http404
    begun = draft.draft_of(request)
    if begun is None:
        return redirect("setup:index")
    if not begun.may_see(step):
        return redirect("setup:step", step=begun.next_step)
    if found_obstacles := obstacles():
        return render(request, "setup/obstacles.html", {"obstacles": found_obstacles}, status=409)
    return _PAGES[step](request, begun)


def _show(request: HttpRequest, begun: draft.Draft, name: str, **context: Any) -> HttpResponse:
    here = draft.STEPS.index(name)
    steps = [
        {
            "name": other,
            "title": title,
            "state": "now" if place == here else "done" if place < here else "",
            "may_go": place != here and begun.may_see(other),
        }
        for place, (other, title) in enumerate(_titles().items())
    ]
    return render(
        request,
        f"setup/{name}.html",
        {"steps": steps, "number": here + 1, "count": len(steps), "draft": begun, **context},
    )


def _titles() -> dict[str, str]:
    titles = (_("Organisation"), _("Addresses"), _("First steward"), _("Mail"), _("Steward key"))
    return dict(zip(draft.STEPS, titles, strict=True))


def _onwards(request: HttpRequest, begun: draft.Draft) -> HttpResponse:
    draft.keep(request, begun)
    return redirect("setup:step", step=begun.next_step)


def _organisation(request: HttpRequest, begun: draft.Draft) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = forms.NameOrganisation(data, initial={"name": begun.name})
    section = configuration.section_named("organisation")
    choices = SectionForm(section, data) if section else None
    if choices is not None and not begun.name:
        # Whoever reads the first page in a language most likely wants it to be the organisation's.
        choices.suggest("organisation.language", get_language())
    if choices is not None:
        choices.leaves_focus = not form.is_valid()
    if data is not None and form.is_valid() and (choices is None or choices.is_valid()):
        if choices is not None:
            configuration.write(choices.chosen(), by=None, at=timezone.now())
        begun.name = form.cleaned_data["name"]
        return _onwards(request, begun)
    return _show(request, begun, "organisation", form=form, choices=choices)


def _doors(request: HttpRequest, begun: draft.Draft) -> HttpResponse:
    findings = [*check_doors(settings.APP_ORIGIN, settings.ANONYMOUS_ORIGIN), *readiness.key_directory()]
    stops = [finding for finding in findings if not finding.ok]
    if request.method == "POST" and not stops:
        begun.doors = True
        return _onwards(request, begun)
    facts = [(_("App, where people sign in"), settings.APP_ORIGIN), (_("Anonymous door"), settings.ANONYMOUS_ORIGIN)]
    advice = readiness.advice_on_key_directory()
    return _show(request, begun, "doors", findings=findings, stops=stops, facts=facts, advice=advice)


def _steward(request: HttpRequest, begun: draft.Draft) -> HttpResponse:
    initial = {"name": begun.steward_name, "email": begun.steward_email}
    form = forms.NameSteward(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        begun.steward_name, begun.steward_email = form.cleaned_data["name"], form.cleaned_data["email"]
        return _onwards(request, begun)
    return _show(request, begun, "steward", form=form)


def _mail(request: HttpRequest, begun: draft.Draft) -> HttpResponse:
    section = configuration.section_named("mail")
    if section is None or request.POST.get("do") == "skip":
        begun.mail = "skipped"
        begun.fix_founding(timezone.now())
        return _onwards(request, begun)
    data = request.POST if request.method == "POST" else None
    form, findings = SectionForm(section, data), []
    if data is not None and form.is_valid():
        configuration.write(form.chosen(), by=None, at=timezone.now())
        findings = send_test_mail(to=begun.steward_email)
        if all(finding.ok for finding in findings):
            begun.mail = "tried"
            begun.fix_founding(timezone.now())
            draft.keep(request, begun)
    return _show(request, begun, "mail", form=form, findings=findings)


def _key(request: HttpRequest, begun: draft.Draft) -> HttpResponse:
    form, problem = forms.Sign(request.POST if request.method == "POST" else None), ""
    if request.method == "POST":
        if form.is_valid():
            try:
                return _found(request, begun, form)
            except OthersWereFirst as refused:
                draft.forget(request)
                return _others_were_first(request, str(refused))
            except CannotFound as refused:
                problem = str(refused)
        else:
            problem = _("The page sent no signatures. Nothing was founded. This step needs JavaScript.")
    begun_for = rounds.begun_for()
    file_name = f"andon-steward-{slugify(begun.name) or 'organisation'}.key"
    return _show(
        request,
        begun,
        "key",
        form=form,
        problem=problem,
        file_name=file_name,
        begun_key=begun_for[1] if begun_for else "",
        places=range(24),
    )


def _found(request: HttpRequest, begun: draft.Draft, form: forms.Sign) -> HttpResponse:
    signed = form.cleaned_data
    steward = found(
        name=begun.name,
        steward_name=begun.steward_name,
        steward_email=begun.steward_email,
        request=begun.founding_request,
        signatures=rounds.FoundingSignatures(signed["steward_key"], signed["genesis"], signed["delegation"]),
        at=timezone.now(),
    )
    draft.forget(request)
    steward.has_signed_in = True
    steward.save(update_fields=["has_signed_in"])
    login(request, steward, backend="andon.foundation.people.backends.MemberBackend")
    return redirect("setup:next")


def _others_were_first(request: HttpRequest, happened: str) -> HttpResponse:
    return sentence(
        request,
        title=_("Somebody else has just founded the organisation"),
        happened=happened,
        kept=_("The key that this page made belongs to nothing. Throw its copies away."),
        advice=_("If that was not you or a colleague, stop the service and begin with an empty data directory."),
        action=_("Go to sign-in"),
        status=409,
    )


_PAGES = {"organisation": _organisation, "doors": _doors, "steward": _steward, "mail": _mail, "key": _key}


@require_http_methods(["GET", "HEAD", "POST"])
def arrive(request: HttpRequest, token: str) -> HttpResponse:
    """The first steward comes by the link that the command line printed."""
    member = links.use(token) if request.method == "POST" else links.member_of(token)
    if member is None:
        return link_is_over(
            request,
            title=_("This link is over"),
            happened=_("It was used, a day has passed, or it is not whole. Nothing was changed."),
            advice=_("Sign in with a code by mail. Without mail, “andon setup --link” makes a new one on the machine."),
        )
    if request.method == "POST":
        login(request, member, backend="andon.foundation.people.backends.MemberBackend")
        return redirect("setup:next")
    context = {
        "title": _("Sign in as the first steward"),
        "consequence": _("This browser is signed in as %(name)s, and the link is used up.") % {"name": member.name},
        "action": _("Sign in"),
        "action_url": request.path,
        "cancel_url": "/",
        "cancel": _("Not now"),
    }
    return render(request, "interface/confirm.html", context)


@require_safe
@needs_duty(Duty.Role.STEWARD)
def next_steps(request: HttpRequest) -> HttpResponse:
    return render(request, "setup/next.html", {"steps": readiness.next_steps()})
