from django.apps import AppConfig


class Releases(AppConfig):
    name = "andon.features.releases"
    label = "releases"
