from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Instruments(AppConfig):
    name = "andon.features.instruments"
    label = "instruments"

    def ready(self) -> None:
        from andon.foundation.audit.public import register_fact, register_words

        register_words("instrument.brought", _("A questionnaire of your own was added"))
        register_words("instrument.rights_confirmed", _("The rights note of a questionnaire was confirmed"))
        register_words("instrument.retired", _("A questionnaire is not offered for new rounds any more"))
        register_words("instrument.offered_again", _("A questionnaire is offered for new rounds again"))
        register_fact("sha256", _("SHA-256 of the file:"))
