from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Audit(AppConfig):
    name = "andon.foundation.audit"
    label = "audit"

    def ready(self) -> None:
        from andon.foundation.audit.public import register_fact, register_words
        from andon.foundation.interface.public import NavigationItem, register_navigation

        register_navigation(NavigationItem(label=_("Change log"), url_name="audit:changes", icon="audit", order=80))
        register_words("people.imported", _("People were imported from a file"))
        register_words("organisation.created", _("The organisation was set up"))
        for key, words in (
            ("joined", _("joined:")),
            ("returned", _("came back:")),
            ("kept_out", _("stay deactivated:")),
            ("moved", _("moved:")),
            ("changed", _("changed:")),
            ("new_teams", _("new teams:")),
        ):
            register_fact(key, words)
