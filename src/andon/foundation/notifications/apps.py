from django.apps import AppConfig


class Notifications(AppConfig):
    name = "andon.foundation.notifications"
    label = "notifications"
