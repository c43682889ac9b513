from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Rounds(AppConfig):
    name = "andon.features.rounds"
    label = "rounds"

    def ready(self) -> None:
        from andon.features.rounds import tasks
        from andon.features.rounds.choices import ASKING, POLICIES
        from andon.foundation.audit.public import register_fact, register_words
        from andon.foundation.configuration import public as configuration
        from andon.foundation.interface.public import NavigationItem, register_navigation
        from andon.foundation.organisation import revision

        tasks.register()
        # What a comparison of a round with today's people depends on, beside these.
        revision.watch("rounds_rosterentry", "round_id", "member_id")
        revision.watch("rounds_notasked", "round_id", "member_id")
        revision.watch("rounds_roundunit", "round_id", "name", "node_ids", "size")
        configuration.register(POLICIES)
        configuration.register(ASKING)
        register_navigation(
            NavigationItem(
                label=_("Rounds"),
                url_name="rounds:index",
                icon="rounds",
                order=30,
                also=lambda: ["instruments:index"],
            )
        )
        register_words("round.planned", _("A round was published"))
        register_words("round.withdrawn", _("A round was withdrawn before it opened, and published again"))
        register_words("round.close_asked", _("The close of a round began"))
        register_words("steward.delegated", _("A new key may sign what is published"))
        register_fact("until", _("until"))
        register_fact("round", _("round"))
        register_fact("instrument", _("questionnaire"))
        register_fact("early", _("before its date:"), {True: _("yes"), False: _("no")})
