from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class Configuration(AppConfig):
    name = "andon.foundation.configuration"
    label = "configuration"

    def ready(self) -> None:
        from andon.foundation.audit.public import register_fact, register_subject, register_values, register_words
        from andon.foundation.configuration.public import label_of, value_in_words
        from andon.foundation.interface.public import NavigationItem, register_navigation

        register_navigation(
            NavigationItem(
                label=_("Settings"),
                url_name="configuration:index",
                icon="settings",
                order=75,
                visible=_for_stewards,
                also=_elsewhere,
            )
        )
        register_words("setting.changed", _("A setting was changed"))
        register_subject("setting.changed", label_of)
        register_values("setting.changed", value_in_words)
        register_fact("before", _("before:"))
        register_fact("after", _("now:"))


def _elsewhere() -> list[str]:
    """Sections that other rooms serve at addresses of their own."""
    from andon.foundation.configuration.public import sections

    return [section.url_name for section in sections() if section.url_name]


def _for_stewards(request: HttpRequest) -> bool:
    from andon.foundation.permissions.public import is_steward

    member = getattr(request, "user", None)
    return member is not None and member.is_authenticated and is_steward(member)
