from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GuideConfig(AppConfig):
    name = "andon.features.guide"
    label = "guide"

    def ready(self) -> None:
        from andon.foundation.interface.public import NavigationItem, register_navigation

        register_navigation(NavigationItem(label=_("Guide"), url_name="guide:index", icon="guide", order=50))
