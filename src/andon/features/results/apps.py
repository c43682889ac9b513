from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Results(AppConfig):
    name = "andon.features.results"
    label = "results"

    def ready(self) -> None:
        from andon.features.results import tasks
        from andon.foundation.audit.public import register_fact, register_words
        from andon.foundation.interface.public import NavigationItem, register_navigation
        from andon.foundation.tokens.public import register_scope

        tasks.register()
        register_words("results.exported", _("A result was taken along as a file"))
        register_words("results.read_by_program", _("A program read a result"))
        register_fact("taken_as", _("as"))
        register_scope("results.unit", _("results of your own unit"))
        register_scope("results.groups", _("results of groups above units"))
        register_navigation(NavigationItem(label=_("Results"), url_name="results:index", icon="results", order=20))
