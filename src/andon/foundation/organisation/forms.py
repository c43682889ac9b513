import base64
import binascii
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

# The confirmation sends the file once more inside a form, which has to stay below what a form may hold.
LARGEST_FILE_BYTES = 1_500_000


class ChooseFile(forms.Form):
    file = forms.FileField(
        label=_("A file of people"),
        help_text=_("A table saved as CSV, of at most 1.5 MB. A larger one goes through “andon people import”."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        error_messages={
            "required": _("No file was chosen. Nothing was changed."),
            "empty": _("This file is empty. Nothing was changed."),
        },
    )

    def clean_file(self) -> bytes:
        upload: UploadedFile = self.cleaned_data["file"]
        if (upload.size or 0) > LARGEST_FILE_BYTES:
            raise forms.ValidationError(
                _("This file is larger than 1.5 MB. Nothing was changed. Import it with “andon people import”.")
            )
        return upload.read()


class SameFile(forms.Form):
    """The file that was previewed, as the browser sends it back. Nothing of it waits on the server meanwhile."""

    content = forms.CharField(widget=forms.HiddenInput, strip=False)

    @staticmethod
    def pack(content: bytes) -> str:
        return base64.b64encode(content).decode("ascii")

    def clean_content(self) -> Any:
        try:
            return base64.b64decode(self.cleaned_data["content"], validate=True)
        except binascii.Error:
            raise forms.ValidationError(_("The file did not arrive whole.")) from None
