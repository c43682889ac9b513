from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class People(AppConfig):
    name = "andon.foundation.people"
    label = "people"

    def ready(self) -> None:
        from andon.foundation.interface.public import NavigationItem, register_navigation

        register_navigation(NavigationItem(label=_("You"), url_name="people:profile", icon="person", order=90))
