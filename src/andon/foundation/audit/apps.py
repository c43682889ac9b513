from django.apps import AppConfig


class Audit(AppConfig):
    name = "andon.foundation.audit"
    label = "audit"
