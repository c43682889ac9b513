from django.apps import AppConfig


class Ballots(AppConfig):
    name = "andon.features.ballots"
    label = "ballots"
