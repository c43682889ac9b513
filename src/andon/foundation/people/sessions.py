"""Sessions in the database, read by hand: every request of every signed-in member begins with one.

Through the models this and the member took half of what a slip costs (bench/ballots.py).

Guarantees: the table holds a hash of what the browser holds; of a sign-in it holds the day, a coarse name of the
device and an end that follows from the day, none of which moves later. Does not: hide which sessions a member has
from whoever reads the database.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, update_session_auth_hash
from django.contrib.sessions.backends import db
from django.db import connections, router
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from andon.foundation.configuration import public as configuration
from andon.foundation.people.models import Member, Session, random_epoch

_SELECT = "SELECT session_data FROM people_session WHERE session_key = %s AND expire_date > %s"

# In the session itself, from the sign-in on.
_SINCE, _DAYS, _DEVICE = "since", "days", "device"
HOUR = timedelta(hours=1)


def name_of(session_key: str | None) -> str:
    """How the row of this key is called. Safe to show: nobody gets from it to the key."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()


class SessionStore(db.SessionStore):
    """Django's store with a hash for a key, a faster `load`, and an end that does not move."""

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def load(self) -> dict[str, Any]:
        connection = connections[router.db_for_read(self.model)]
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(_SELECT, [name_of(self.session_key), now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])

    def exists(self, session_key: str) -> bool:
        return bool(self.model.objects.filter(pk=name_of(session_key)).exists())

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            self.model.objects.filter(pk=name_of(key)).delete()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        return Session(
            session_key=name_of(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(_without_times(data)),
            expire_date=_end(data),
            member_id=data.get(SESSION_KEY),
            device=data.get(_DEVICE, ""),
            since=date.fromisoformat(data[_SINCE]) if _SINCE in data else None,
        )

    def get_expiry_age(self, **kwargs: Any) -> int:
        """For the cookie, which ends with the row."""
        return max(0, round((_end(self) - timezone.now()).total_seconds()))

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        return _end(self)

    def get_expire_at_browser_close(self) -> bool:
        return False


def _end(data: Any) -> datetime:
    if _SINCE in data:
        day = date.fromisoformat(data[_SINCE]) + timedelta(days=int(data.get(_DAYS, 14)) + 1)
        return datetime.combine(day, time(), tzinfo=UTC)
    # Somebody who is signing in has the next full hour and one more.
    return timezone.now().replace(minute=0, second=0, microsecond=0) + 2 * HOUR


# Where allauth notes which steps were taken, each with its second. How fresh a sign-in is, is known from elsewhere
# (again.py), for minutes; the list is kept because a step that was taken need not be taken again.
_STEPS = "account_authentication_methods"


def _without_times(data: dict[str, Any]) -> dict[str, Any]:
    if _SINCE not in data or not isinstance(data.get(_STEPS), list):
        return data
    return data | {
        _STEPS: [{key: value for key, value in step.items() if key != "at"} | {"at": 0} for step in data[_STEPS]]
    }


_BROWSERS = (
    ("edge", r"Edg(e|A|iOS)?/"),
    ("opera", r"OPR/|Opera"),
    ("samsung", r"SamsungBrowser/"),
    ("firefox", r"Firefox/|FxiOS/"),
    ("chrome", r"Chrome/|CriOS/|Chromium/"),
    ("safari", r"Safari/"),
)
_SYSTEMS = (
    ("ipad", r"iPad"),
    ("iphone", r"iPhone|iPod"),
    ("android", r"Android"),
    ("windows", r"Windows"),
    ("chromeos", r"CrOS"),
    ("mac", r"Macintosh|Mac OS X"),
    ("linux", r"Linux|X11"),
)
BROWSER_NAMES: Mapping[str, str] = {
    "edge": "Edge", "opera": "Opera", "samsung": "Samsung Internet", "firefox": "Firefox", "chrome": "Chrome",
    "safari": "Safari",
}  # fmt: skip
SYSTEM_NAMES: Mapping[str, str] = {
    "ipad": "iPad", "iphone": "iPhone", "android": "Android", "windows": "Windows", "chromeos": "ChromeOS",
    "mac": "Mac", "linux": "Linux",
}  # fmt: skip


def device_of(user_agent: str) -> str:
    """Two words, a browser and a system, without versions; "" for what is not known."""

    def first(kinds: tuple[tuple[str, str], ...]) -> str:
        return next((name for name, pattern in kinds if re.search(pattern, user_agent[:500])), "")

    return f"{first(_BROWSERS)} {first(_SYSTEMS)}".strip()


def begin(request: HttpRequest) -> None:
    """Called once, when somebody has signed in."""
    session = request.session
    session[_SINCE] = timezone.now().astimezone(UTC).date().isoformat()
    session[_DAYS] = configuration.read("sign_in.days")
    session[_DEVICE] = device_of(request.META.get("HTTP_USER_AGENT", ""))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member is signed in."""

    name: str
    browser: str
    system: str
    since: date
    here: bool


def places_of(member: Member, *, here: str | None = None) -> list[Place]:
    """Where the member is signed in now: this one first, then the newest day first. One query."""
    hashes = [member.get_session_auth_hash(), *member.get_session_auth_fallback_hash()]
    own = name_of(here) if here else ""
    places = []
    for row in Session.objects.filter(member=member, expire_date__gt=timezone.now(), since__isnull=False):
        said = row.get_decoded().get(HASH_SESSION_KEY, "")
        if not any(constant_time_compare(said, known) for known in hashes):
            continue
        words = row.device.split()
        places.append(
            Place(
                name=row.session_key,
                browser=next((BROWSER_NAMES[word] for word in words if word in BROWSER_NAMES), ""),
                system=next((SYSTEM_NAMES[word] for word in words if word in SYSTEM_NAMES), ""),
                since=row.since or row.expire_date.date(),
                here=row.session_key == own,
            )
        )
    return sorted(places, key=lambda place: (not place.here, -place.since.toordinal(), place.name))


def end_one(*, member: Member, name: str) -> bool:
    """Sign the member out of this place; whether there was one."""
    return bool(Session.objects.filter(member=member, pk=name).delete()[0])


def end_others(request: HttpRequest, member: Member) -> None:
    """Sign the member out everywhere but here; links that were sent before end as well."""
    member.epoch = random_epoch()
    member.save(update_fields=["epoch"])
    keep_here(request, member)


def keep_here(request: HttpRequest, member: Member) -> None:
    """After another password, address or epoch: this place stays signed in, under another key, and no other does."""
    update_session_auth_hash(request, member)
    Session.objects.filter(member=member).exclude(pk=name_of(request.session.session_key)).delete()


def end_all(member: Member) -> None:
    Session.objects.filter(member=member).delete()
