from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganisationApp(AppConfig):
    name = "andon.foundation.organisation"
    label = "organisation"

    def ready(self) -> None:
        from andon.foundation.configuration.public import register
        from andon.foundation.interface.public import NavigationItem, register_navigation
        from andon.foundation.organisation.choices import ORGANISATION

        register_navigation(NavigationItem(label=_("People"), url_name="organisation:people", icon="people", order=60))
        register(ORGANISATION)
