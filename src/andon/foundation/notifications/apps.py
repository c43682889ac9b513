from django.apps import AppConfig


class Notifications(AppConfig):
    name = "andon.foundation.notifications"
    label = "notifications"

    def ready(self) -> None:
        from andon.foundation.configuration.public import register
        from andon.foundation.notifications.choices import MAIL

        register(MAIL)
