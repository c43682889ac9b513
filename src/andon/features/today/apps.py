from django.apps import AppConfig


class Today(AppConfig):
    name = "andon.features.today"
    label = "today"
