from django import forms
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Interface(AppConfig):
    name = "andon.foundation.interface"
    label = "interface"

    def ready(self) -> None:
        # In our words, once for every form; a field that knows better says its own.
        forms.Field.default_error_messages["required"] = _("Please fill this in.")
