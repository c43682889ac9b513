from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Today(AppConfig):
    name = "andon.features.today"
    label = "today"

    def ready(self) -> None:
        from andon.features.today.public import register_notice
        from andon.features.today.waiting import (
            another_address,
            colours_to_be_shared,
            requests_to_be_erased,
            step_to_see_to,
        )
        from andon.foundation.interface.public import NavigationItem, register_navigation

        register_navigation(NavigationItem(label=_("Today"), url_name="today:home", icon="today", order=10))
        register_notice(another_address)
        register_notice(step_to_see_to)
        register_notice(colours_to_be_shared)
        register_notice(requests_to_be_erased)
