"""`andon manage end_sessions ADDRESS` or `--everybody`: when a device or a cookie is in other hands."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from andon.foundation.audit import public as audit
from andon.foundation.organisation import languages
from andon.foundation.people import letters, sessions
from andon.foundation.people.models import Member, Session, random_epoch


class Command(BaseCommand):
    help = "Sign a member out everywhere and end links that were sent to them, or sign everybody out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("address", nargs="?", help="the member's e-mail address")
        whose.add_argument("--everybody", action="store_true", help="every session of every member")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["everybody"]:
            Session.objects.all().delete()
            audit.record(kind="sessions.all_ended", by=None, at=timezone.now())
            self.stdout.write("Everybody is signed out. Links that were sent by mail go on working.")
            return
        member = Member.objects.filter(email=options["address"].strip().lower()).first()
        if member is None:
            raise CommandError("No member has this address. Nothing was changed.")
        # The new epoch ends links, and sessions that begin while the others are deleted.
        member.epoch = random_epoch()
        member.save(update_fields=["epoch"])
        sessions.end_all(member)
        audit.record(kind="sessions.ended", by=None, at=timezone.now(), about=member)
        with translation.override(languages.own()):
            letters.tell_change(member, _("You were signed out of Andon everywhere, by its operator."))
        self.stdout.write("The member is signed out everywhere. A letter is on its way.")
