from django.apps import AppConfig


class ClosingApp(AppConfig):
    name = "andon.features.closing"
    label = "closing"

    def ready(self) -> None:
        from andon.features.closing import tasks

        tasks.register()
