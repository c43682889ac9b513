"""Keys for programs as pages: the list, making one, ending one."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from andon.foundation.people.again import needs_again
from andon.foundation.permissions.public import current_member, member_required
from andon.foundation.tokens import public as tokens
from andon.foundation.tokens.forms import MakeKey


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs_again
def index(request: HttpRequest) -> HttpResponse:
    """The member's keys, and a form for one more. What was made is shown once, in the answer to the form."""
    member, on = current_member(request), timezone.localdate()
    form = MakeKey(request.POST or None)
    made = ""
    if form.is_valid():
        try:
            made = tokens.make_key(
                member=member,
                name=form.cleaned_data["name"],
                allowed=form.cleaned_data["scopes"],
                ends_on=form.ends_on(on),
                at=timezone.now(),
                on=on,
            )
            form = MakeKey()
        except tokens.TooManyKeys:
            form.add_error(None, _("You have twenty keys, and that is the most. End one that you do not use."))
    words = tokens.scopes()
    lines = [
        (line, [words[scope] for scope in line.scopes if scope in words]) for line in tokens.keys_of(member, on=on)
    ]
    status = 422 if form.is_bound and not made else 200
    return render(request, "tokens/index.html", {"form": form, "made": made, "lines": lines}, status=status)


@require_POST
@member_required
def end(request: HttpRequest, key_id: str) -> HttpResponse:
    if not tokens.end_key(member=current_member(request), key_id=key_id, at=timezone.now()):
        raise Http404
    messages.success(request, _("The key is ended. A program that sends it is refused from now on."))
    return redirect("tokens:index")
