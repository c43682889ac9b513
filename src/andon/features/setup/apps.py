from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SetUp(AppConfig):
    name = "andon.features.setup"
    label = "setup"

    def ready(self) -> None:
        from andon.features.setup.readiness import notice_for
        from andon.features.today.public import register_notice
        from andon.foundation.audit.public import register_words

        register_words("steward.first", _("The first steward was named"))
        register_notice(notice_for)
