from django.apps import AppConfig


class PublicLog(AppConfig):
    name = "andon.features.publiclog"
    label = "publiclog"
