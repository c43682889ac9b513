from django.apps import AppConfig


class OrganisationApp(AppConfig):
    name = "andon.foundation.organisation"
    label = "organisation"
