from django.apps import AppConfig


class Verify(AppConfig):
    name = "andon.features.verify"
    label = "verify"
