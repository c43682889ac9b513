from django.apps import AppConfig


class Results(AppConfig):
    name = "andon.features.results"
    label = "results"
