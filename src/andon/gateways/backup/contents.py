"""What a backup holds, and what it never does: see docs/operations/backup.md.

Guarantees: of the database `ballots` only the public log is copied, of `issuance` nothing, and neither is the key
directory. A table of `ballots` or `issuance` that is not named here is left out; a table of the other two is copied.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import router

# First the people and rounds, then the log: both are looked at in the same moment (see `writing`).
ALIASES = ("default", "ballots", "mailboxes")
LOG_ALIAS = "ballots"

# What is let out of the store of the ballots: the log and its files, which are public.
ONLY = {"ballots": frozenset({"publiclog.LogEntry", "publiclog.Blob"}), "issuance": frozenset[str]()}

LEFT_OUT = {
    "django_tasks_database.DBTaskResult": "tasks that wait; what is due is read from the other tables",
    "organisation.PeopleFile": "a roster file on its way, which lives for a day",
    "account.EmailConfirmation": "codes that were sent and are short-lived",
    "socialaccount.SocialToken": "tokens of other services",
    "people.AddressChange": "addresses that wait; the link to refuse them ends with a restore, so they are asked anew",
    "people.Passing": "what is remembered for minutes: tries, pauses, codes that were used",
    "notifications.OutboxMail": "mail of a demonstration, with sign-in codes",
}


def models_of(alias: str) -> Iterator[Any]:
    """The models whose rows of this database are copied, in a fixed order."""
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and router.allow_migrate_model(alias, model)
    ]
    only = ONLY.get(alias)
    for model in sorted(found, key=lambda model: model._meta.label):
        label = model._meta.label
        # Sessions, whichever table they are in: who is signed in now, and what a cookie is worth.
        if issubclass(model, AbstractBaseSession):
            continue
        if label not in LEFT_OUT and (only is None or label in only):
            yield model


def may_hold(alias: str, label: str) -> bool:
    """Whether a backup may hold this table, which may be one of an earlier version; else it was not made by Andon."""
    only = ONLY.get(alias)
    if alias not in ALIASES or label in LEFT_OUT or label.rpartition(".")[2] == "Session":
        return False
    return only is None or label in only
