from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Cadence(AppConfig):
    name = "andon.features.cadence"
    label = "cadence"

    def ready(self) -> None:
        from andon.features.cadence import choices, days, tasks
        from andon.features.cadence.choices import LETTERS
        from andon.features.rounds import public as rounds
        from andon.foundation.audit.public import register_words
        from andon.foundation.configuration import public as configuration

        tasks.register()
        rounds.register_days_off(lambda: days.days_off(choices.country()))
        configuration.register(LETTERS)
        register_words("schedule.made", _("A schedule of rounds was made"))
        register_words("schedule.paused", _("A schedule of rounds was paused"))
        register_words("schedule.resumed", _("A schedule of rounds goes on"))
        register_words("schedule.ended", _("A schedule of rounds was ended"))
