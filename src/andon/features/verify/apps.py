from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Verify(AppConfig):
    name = "andon.features.verify"
    label = "verify"

    def ready(self) -> None:
        from andon.foundation.interface.public import NavigationItem, register_navigation

        register_navigation(NavigationItem(label=_("Verify"), url_name="verify:index", icon="verify", order=70))
