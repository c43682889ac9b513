from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Pages of one's own account that stand beside those of signing in.
OF_ONE_S_OWN_ACCOUNT = (
    "account_set_password",
    "account_change_password",
    "account_reauthenticate",
    "account_logout",
)


class People(AppConfig):
    name = "andon.foundation.people"
    label = "people"

    def ready(self) -> None:
        from allauth.account.signals import authentication_step_completed
        from django.contrib.auth.signals import user_logged_in

        from andon.foundation.audit.public import register_words
        from andon.foundation.configuration.public import register
        from andon.foundation.interface.public import NavigationItem, register_navigation
        from andon.foundation.jobs.public import register_due

        # Imported for what stands in it: the rule that no factor keeps a time.
        from andon.foundation.people import addresses, locks, mfa, passing  # noqa: F401
        from andon.foundation.people.choices import section

        register_navigation(
            NavigationItem(
                label=_("You"), url_name="people:profile", icon="person", order=90, also=lambda: OF_ONE_S_OWN_ACCOUNT
            )
        )
        register(section())
        register_words("second_factor.forgotten", _("The second factors of a member were removed"))
        register_words("sessions.ended", _("Every session of a member was ended at the server"))
        register_words("sessions.all_ended", _("Every session of everybody was ended at the server"))
        register_words("person.address_asked", _("Another address of a person was asked for; it waits for three days"))
        register_words("person.address_refused", _("Another address of a person was refused or taken back"))
        register_due("people.addresses", addresses.due)
        register_due("people.forget", passing.due)
        register_due("people.letters", locks.due)
        user_logged_in.connect(_signed_in, dispatch_uid="andon.people.signed_in")
        authentication_step_completed.connect(_took_a_step, dispatch_uid="andon.people.took_a_step")


def _signed_in(sender: Any, request: Any, **kwargs: Any) -> None:
    from andon.foundation.people import again, sessions

    sessions.begin(request)
    again.mark(request)


def _took_a_step(sender: Any, request: Any, method: str, **kwargs: Any) -> None:
    from andon.foundation.people import again

    if method == "code":
        again.mark_by_code(request)
