from django.apps import AppConfig


class Jobs(AppConfig):
    name = "andon.foundation.jobs"
    label = "jobs"
