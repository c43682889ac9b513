"""`andon manage forget_second_factor ADDRESS`: for somebody who lost the phone and the recovery codes."""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from andon.foundation.audit import public as audit
from andon.foundation.organisation import languages
from andon.foundation.people import letters
from andon.foundation.people.models import Member, random_epoch


class Command(BaseCommand):
    help = "Take away a member's authenticator app, passkeys and recovery codes, and end their sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="the member's e-mail address")

    def handle(self, *args: Any, **options: Any) -> None:
        member = Member.objects.filter(email=options["address"].strip().lower()).first()
        if member is None:
            raise CommandError("No member has this address. Nothing was changed.")
        taken, _by_model = Authenticator.objects.filter(user=member).delete()
        if not taken:
            raise CommandError("This member has no second factor. Nothing was changed.")
        member.epoch = random_epoch()
        member.save(update_fields=["epoch"])
        audit.record(kind="second_factor.forgotten", by=None, at=timezone.now(), about=member)
        with translation.override(languages.own()):
            letters.tell_change(member, _("The second factors of your account at Andon were removed by its operator."))
        self.stdout.write(
            "The second factors are gone, and the member is signed out everywhere. A letter is on its way."
        )
