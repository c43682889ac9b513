"""What has to be remembered for minutes, by all processes, without saying about whom.

Guarantees: a row is named by a keyed hash and ends on a quarter of an hour; the worker takes away what is over.
Does not: hide from whoever has the secret key and guesses the address, within those minutes.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_tasks import task

from andon.foundation.people.models import Passing

QUARTER = timedelta(minutes=15)


def key_of(kind: str, value: str) -> str:
    return salted_hmac(f"andon.people.passing.{kind}", value, algorithm="sha256").hexdigest()


def _end(now: datetime, least: timedelta) -> datetime:
    """The first quarter of an hour that is at least so far away."""
    later = now + least
    over = timedelta(minutes=later.minute % 15, seconds=later.second, microseconds=later.microsecond)
    return later - over + QUARTER if over else later


def count(kind: str, value: str, *, within: timedelta, least: int = 1) -> int:
    """One more of this kind; how many there are now. What was before is forgotten once it is over."""
    now, key = timezone.now(), key_of(kind, value)
    with transaction.atomic(using="default"):
        Passing.objects.filter(pk=key, until__lte=now).delete()
        if not Passing.objects.filter(pk=key).update(count=F("count") + 1):
            try:
                with transaction.atomic(using="default"):
                    Passing.objects.create(key=key, count=1, until=_end(now, within))
            except IntegrityError:
                Passing.objects.filter(pk=key).update(count=F("count") + 1)
        return Passing.objects.values_list("count", flat=True).get(pk=key)


def first(kind: str, value: str, *, within: timedelta) -> bool:
    """Whether this happens for the first time; of two at once one is the first."""
    return count(kind, value, within=within) == 1


def remember(kind: str, value: str, *, within: timedelta, letter: str = "") -> None:
    end = _end(timezone.now(), within)
    Passing.objects.update_or_create(key=key_of(kind, value), defaults={"until": end, "letter": letter, "count": 1})


def knows(kind: str, value: str) -> bool:
    return Passing.objects.filter(pk=key_of(kind, value), until__gt=timezone.now()).exists()


def use_up(kind: str, values: Iterable[str]) -> bool:
    """Whether one of these was remembered until now; it is forgotten. Of two at once one is told so."""
    known = Passing.objects.filter(pk__in=[key_of(kind, value) for value in values], until__gt=timezone.now())
    return bool(known.delete()[0])


def forget(kind: str, value: str) -> None:
    Passing.objects.filter(pk=key_of(kind, value)).delete()


@task()
def forget_what_is_over() -> None:
    Passing.objects.filter(until__lte=timezone.now()).delete()


def due(now: datetime) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    if Passing.objects.filter(until__lte=now).exists():
        yield "passing", forget_what_is_over, ()
