from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SetUp(AppConfig):
    name = "andon.features.setup"
    label = "setup"

    def ready(self) -> None:
        from andon.features.setup.readiness import notice_for
        from andon.features.today.public import register_notice
        from andon.foundation.audit.public import register_words
        from andon.foundation.configuration.public import Section, register

        register(
            Section(
                slug="next-steps",
                title=_("What to do next"),
                lead=_("What a new installation still needs before people answer, and what is done."),
                order=5,
                url_name="setup:next",
            )
        )
        register_words("steward.first", _("The first steward was named"))
        register_notice(notice_for)
