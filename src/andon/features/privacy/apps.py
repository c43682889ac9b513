from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Privacy(AppConfig):
    name = "andon.features.privacy"
    label = "privacy"

    def ready(self) -> None:
        from andon.features.privacy import tasks
        from andon.features.privacy.choices import NOTICE, RETENTION
        from andon.foundation.audit.public import register_words
        from andon.foundation.configuration.public import Section, register

        register(NOTICE)
        register(RETENTION)
        register(
            Section(
                slug="requests",
                title=_("Requests to be erased"),
                lead=_("Members who asked, and what a steward does then."),
                order=70,
                url_name="privacy:requests",
            )
        )
        register_words("person.erased", _("A person was erased"))
        register_words("comments.forgotten", _("Comments were deleted after their time"))
        register_words("person.erased_after_leaving", _("People who left were erased after their time"))
        register_words(
            "person.erased_again", _("A person who was erased before came back with older data and was erased")
        )
        tasks.register()
