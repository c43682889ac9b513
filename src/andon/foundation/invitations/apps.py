from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Invitations(AppConfig):
    name = "andon.foundation.invitations"
    label = "invitations"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from andon.foundation.audit.public import register_fact, register_words
        from andon.foundation.configuration.public import Section, register
        from andon.foundation.invitations import tasks

        tasks.register()
        user_logged_in.connect(note_first_sign_in, dispatch_uid="andon.invitations.first")
        register(
            Section(
                slug="invitations",
                title=_("Invitations"),
                lead=_("Letters that bring people in for the first time: who has none yet, and which did not leave."),
                order=30,
                url_name="invitations:index",
            )
        )
        register_words("invitations.asked", _("People were invited by mail"))
        register_words("invitations.stopped", _("Letters of invitation that had not left were called back"))
        register_fact("count", _("number:"))


def note_first_sign_in(sender: Any, user: Any, **_more: Any) -> None:
    """Whether somebody was ever here, so that no invitation is sent to them; never when."""
    if not user.has_signed_in:
        type(user).objects.filter(pk=user.pk).update(has_signed_in=True)
        user.has_signed_in = True
