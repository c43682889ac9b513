from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

from andon.features.instruments.yaml_parts import LARGEST_BYTES


class ChooseInstrument(forms.Form):
    file = forms.FileField(
        label=_("A file of a questionnaire"),
        help_text=_("YAML, at most 200 kB."),
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,application/yaml"}),
        validators=[
            FileExtensionValidator(
                ["yaml", "yml"], message=_("The name of this file does not end in .yaml or .yml. Nothing was stored.")
            )
        ],
        error_messages={
            "required": _("No file was chosen. Nothing was stored."),
            "empty": _("This file is empty. Nothing was stored."),
        },
    )

    def clean_file(self) -> bytes:
        upload: UploadedFile = self.cleaned_data["file"]
        if (upload.size or 0) > LARGEST_BYTES:
            larger = _("The file is larger than 200 kB. No questionnaire is that long: is it the right file?")
            raise forms.ValidationError(f"{larger} {_('Nothing was stored.')}")
        return upload.read()
