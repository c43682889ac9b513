from django.apps import AppConfig


class Rounds(AppConfig):
    name = "andon.features.rounds"
    label = "rounds"

    def ready(self) -> None:
        from andon.features.rounds import tasks

        tasks.register()
