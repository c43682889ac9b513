from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Tokens(AppConfig):
    name = "andon.foundation.tokens"
    label = "tokens"

    def ready(self) -> None:
        from andon.foundation.audit.public import register_fact, register_words

        register_words("token.made", _("A key for a program was made"))
        register_words("token.ended", _("A key for a program was ended"))
        register_fact("may", _("it may read"))
