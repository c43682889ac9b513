"""Make an organisation in a prepared installation: members with sessions, and an open round over all of them.

Run as a process with the environment of the installation: python -m bench.answers.world MEMBERS FILE
"""

import json
import os
import secrets
import sys
from datetime import timedelta
from pathlib import Path

TEAM = 8


def main(members: int, file: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "andon.project.settings.app"
    import django

    django.setup()

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.utils import timezone

    from andon.features.publiclog import public as publiclog
    from andon.features.rounds import public as rounds
    from andon.foundation.organisation import public as organisation
    from andon.foundation.organisation.models import Membership, Node
    from andon.foundation.people.models import Member, Session
    from andon.foundation.people.sessions import SessionStore, name_of

    now = timezone.now()
    private, public = rounds.new_steward_key()
    Path(settings.STEWARD_KEY_FILE).write_text(private)
    organisation.create_organisation(name="Bench", steward_public_key=public, at=now)
    top = Node.objects.get(parent=None)
    teams = Node.objects.bulk_create([Node(name=f"Team {n}", parent=top) for n in range(members // TEAM)], 500)
    people = Member.objects.bulk_create(
        [Member(email=f"m{n}@example.org", name=f"Member {n}", password="!") for n in range(len(teams) * TEAM)],
        500,
    )
    Membership.objects.bulk_create(
        [
            Membership(member=member, node=teams[number // TEAM], starts_on=now.date())
            for number, member in enumerate(people)
        ],
        500,
    )
    store = SessionStore()
    keys = [secrets.token_hex(16) for _ in people]
    sessions = [
        Session(
            session_key=name_of(key),
            member=member,
            since=now.date(),
            session_data=store.encode(
                {
                    SESSION_KEY: str(member.pk),
                    BACKEND_SESSION_KEY: "andon.foundation.people.backends.MemberBackend",
                    HASH_SESSION_KEY: member.get_session_auth_hash(),
                }
            ),
            expire_date=now + timedelta(days=1),
        )
        for member, key in zip(people, keys, strict=True)
    ]
    Session.objects.bulk_create(sessions, 500)
    published = rounds.publish_round(
        node_id=top.pk,
        instrument_id="andon-core",
        opens_at=now,
        closes_at=now + timedelta(days=1),
        by=None,
        at=now,
    )
    rounds.open_round(round_id=published.pk, at=now)
    manifest = publiclog.find("manifest", published.pk)
    file.write_text(
        json.dumps(
            {
                "box_key": manifest.body["box_key"],
                "csrf_cookie": settings.CSRF_COOKIE_NAME,
                "round": published.pk,
                "session_cookie": settings.SESSION_COOKIE_NAME,
                "sessions": keys,
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
