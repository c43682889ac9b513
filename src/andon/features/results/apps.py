from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Results(AppConfig):
    name = "andon.features.results"
    label = "results"

    def ready(self) -> None:
        from andon.features.results import tasks
        from andon.foundation.interface.public import NavigationItem, register_navigation

        tasks.register()
        register_navigation(NavigationItem(label=_("Results"), url_name="results:index", icon="results", order=20))
