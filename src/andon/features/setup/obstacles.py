"""What keeps a real organisation from being founded here: a demonstration, its leftovers, or secrets that others know.

Each has its own test. Andon refuses to found, and `andon check` (which `andon serve` asks) refuses to serve, because
in a demonstration anybody signs in as anybody, and a key that others may hold publishes rounds in everybody's name.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.foundation.people.demo import DEMO_ROLES, demo_address
from andon.foundation.people.models import Member

LEAST_SECRET = 32
LEAST_SIGNS = 10
# What stands in examples, and so is known to everybody.
EXAMPLES = ("change", "example", "insecure", "secret-key", "only-for-tests", "password", "replace", "your-")
# What may stand in the log before the founding is complete.
_OF_THE_FOUNDING = ("genesis", "delegation")


def obstacles() -> list[str]:
    """Each in a sentence with what to do about it; empty where an organisation can be founded."""
    return [*_of_a_demonstration(), *_of_the_secret_key(), *_of_an_earlier_organisation()]


def _of_a_demonstration() -> Iterator[str]:
    if settings.DEMO:
        yield _("ANDON_DEMO is set: in a demonstration anybody signs in as anybody. Unset it, and start Andon again.")
    if has_demo_people():
        yield _("The people of the demonstration are here. Use an empty data directory (ANDON_DATA) and databases.")
    lying = Path(settings.DATA_DIRECTORY) / "steward.key"
    if lying.exists():
        yield (
            _(
                "%(file)s holds a steward key of a demonstration, or of another founding. The set-up makes a new one "
                "that stays offline. Use an empty data directory, or move the file away."
            )
            % {"file": lying}
        )
    named = settings.STEWARD_KEY_FILE
    if named and Path(named) != lying:
        yield (
            _(
                "ANDON_STEWARD_KEY_FILE names %(file)s. The set-up makes a new key, which stays offline, and "
                "publishing needs none of it. Unset the variable, and start Andon again."
            )
            % {"file": named}
        )


def has_demo_people() -> bool:
    demo = Q(email__in=[demo_address(role.name) for role in DEMO_ROLES])
    return Member.objects.filter(demo).exists()


def _of_the_secret_key() -> Iterator[str]:
    if is_guessable(settings.SECRET_KEY):
        yield _(
            "The secret key is short, or one of an example: whoever knows it signs in as anybody. Remove "
            "ANDON_SECRET_KEY and run “andon prepare”, which writes a good one, and start Andon again."
        )
    file = os.environ.get("ANDON_SECRET_KEY_FILE") or str(Path(settings.DATA_DIRECTORY) / "secret-key")
    is_given = bool(os.environ.get("ANDON_SECRET_KEY")) and not os.environ.get("ANDON_SECRET_KEY_FILE")
    # What a secret store mounts for a container belongs to its owner and may be readable to a group.
    if not is_given and Path(file).exists() and Path(file).stat().st_mode & 0o007:
        yield _("Every account of this machine can read the secret key in %(file)s. chmod 600 it.") % {"file": file}


def is_guessable(secret: str) -> bool:
    return (
        len(secret) < LEAST_SECRET
        or len(set(secret)) < LEAST_SIGNS
        or any(example in secret.lower() for example in EXAMPLES)
    )


def _of_an_earlier_organisation() -> Iterator[str]:
    if rounds.all_rounds() or any(entry.kind not in _OF_THE_FOUNDING for entry in publiclog.page(0)):
        yield _(
            "There are rounds of an earlier organisation here, or its public log. One installation has one "
            "organisation. Use an empty data directory (ANDON_DATA) and empty databases, or restore a backup."
        )
