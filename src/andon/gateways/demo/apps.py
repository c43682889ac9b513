from django.apps import AppConfig


class Demo(AppConfig):
    name = "andon.gateways.demo"
    label = "demo"
