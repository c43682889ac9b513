"""What was answered so far, in the session of the browser that typed the set-up code: another browser begins anew.

Nothing of it is in a table of ours until the founding; a restart of the service keeps it, and the founding ends it.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from andon.features.rounds import public as rounds
from andon.features.setup import code

KEY = "setup"
STEPS = ("organisation", "doors", "steward", "mail", "key")


@dataclass(slots=True)
class Draft:
    """`code` is worth nothing without the code on the disk; `mail` is "tried" or "skipped"; the last four are fixed
    before the key is made, so that a page that is sent twice is the same founding."""

    code: str = ""
    name: str = ""
    doors: bool = False
    steward_name: str = ""
    steward_email: str = ""
    mail: str = ""
    organisation_id: str = ""
    delegate: str = ""
    begins: str = ""
    until: str = ""

    @property
    def next_step(self) -> str:
        done = (self.name, self.doors, self.steward_email, self.mail)
        return next((step for step, is_done in zip(STEPS, done, strict=False) if not is_done), "key")

    def may_see(self, step: str) -> bool:
        return STEPS.index(step) <= STEPS.index(self.next_step)

    @property
    def founding_request(self) -> rounds.FoundingRequest:
        return rounds.FoundingRequest(self.organisation_id, self.delegate, self.begins, self.until)

    def fix_founding(self, at: datetime) -> None:
        """Decide what is to be signed. An organisation whose log was begun keeps its id."""
        if not self.delegate:
            wanted = rounds.founding_request(at=at)
            self.organisation_id, self.delegate = wanted.organisation_id, wanted.delegate
            self.begins, self.until = wanted.begins, wanted.until


def draft_of(request: HttpRequest) -> Draft | None:
    """The draft of a browser that typed the code that holds."""
    stored: dict[str, Any] = request.session.get(KEY, {})
    try:
        draft = Draft(**stored)
    except TypeError:
        return None
    tag = code.tag(settings.DATA_DIRECTORY, settings.SECRET_KEY)
    return draft if tag and draft.code == tag else None


def keep(request: HttpRequest, draft: Draft) -> None:
    request.session[KEY] = asdict(draft)


def begin(request: HttpRequest) -> None:
    # A session that somebody else knows must not become the one that may found.
    request.session.cycle_key()
    keep(request, Draft(code=code.tag(settings.DATA_DIRECTORY, settings.SECRET_KEY)))


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)
