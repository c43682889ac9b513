from django.apps import AppConfig


class CommandLine(AppConfig):
    name = "andon.gateways.cli"
    label = "cli"
