from django.apps import AppConfig


class Permissions(AppConfig):
    name = "andon.foundation.permissions"
    label = "permissions"
