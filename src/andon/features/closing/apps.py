from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClosingApp(AppConfig):
    name = "andon.features.closing"
    label = "closing"

    def ready(self) -> None:
        from andon.features.closing import tasks
        from andon.features.rounds import public as rounds
        from andon.foundation.audit.public import register_fact, register_words

        tasks.register()
        register_words("round.closed", _("A round closed, and its result was shown"))
        register_words("round.void", _("A round ended without a result"))
        register_fact("reason", _("reason:"), rounds.VOID_REASONS)
