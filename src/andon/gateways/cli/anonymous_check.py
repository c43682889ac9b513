"""Whether the anonymous door could start here, asked as its own account: no database of the app, no secret of it."""

import sys

from andon.gateways.cli.django_side import with_django
from andon.gateways.cli.refusal import Refusal

SETTINGS = "andon.project.settings.anonymous"
SENTENCES = {
    "database": "The database '{name}' cannot be reached or read by this account. It was not changed.",
    "migrations": "The database '{name}' is not at the version of this program. It was not changed. "
    "Run `andon prepare` (after a backup, for an update).",
    "keys": "The key directory is not mounted, was never prepared, or is closed to this account. No key was read or "
    "written. See docs/operations/keys.md.",
}


def main() -> int:
    def run() -> None:
        from andon.features.ballots import public as ballots

        found = ballots.troubles_by_name(ballots.OF_THE_ANONYMOUS_DOOR)
        if found:
            raise Refusal("\n".join(SENTENCES[code].format(name=name) for name, code in found.items()))

    try:
        return with_django(run, settings=SETTINGS)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return refusal.status


if __name__ == "__main__":
    sys.exit(main())
