from django.apps import AppConfig


class Interface(AppConfig):
    name = "andon.foundation.interface"
    label = "interface"
