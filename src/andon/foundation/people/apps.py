from django.apps import AppConfig


class People(AppConfig):
    name = "andon.foundation.people"
    label = "people"
