from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

LARGEST_FILE_BYTES = 30_000_000


class ChooseFile(forms.Form):
    file = forms.FileField(
        label=_("A file of people"),
        help_text=_(
            "A table saved as CSV, of at most 30 MB: your own, or an export of Okta, Entra or Google Workspace."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        # What is in it decides how it is read; this notices the wrong file before it is sent around.
        validators=[
            FileExtensionValidator(
                ["csv", "tsv", "txt"],
                message=_(
                    "The name of this file does not end in .csv, .tsv or .txt. Nothing was changed. Save its table as "
                    "“CSV UTF-8” and choose that file."
                ),
            )
        ],
        error_messages={
            "required": _("No file was chosen. Nothing was changed."),
            "empty": _("This file is empty. Nothing was changed."),
        },
    )
    team = forms.CharField(
        label=_("Team, if the file names none"),
        help_text=_("A path such as Detection/SOC night. Leave it empty when the file has a column for the team."),
        required=False,
        max_length=1000,
    )
    is_complete = forms.BooleanField(
        label=_("This file is complete: whoever is not in it leaves"),
        help_text=_("Without this, people who are not in the file stay as they are. You see who would leave first."),
        required=False,
    )

    # What the file is called where it was chosen; once the form is valid.
    file_name = ""

    def clean_file(self) -> bytes:
        upload: UploadedFile = self.cleaned_data["file"]
        self.file_name = upload.name or ""
        if (upload.size or 0) > LARGEST_FILE_BYTES:
            raise forms.ValidationError(
                _("This file is larger than 30 MB. Nothing was changed. Import it with “andon people import”.")
            )
        return upload.read()


class SayYes(forms.Form):
    """A yes to what was shown. Where many would leave, their number is typed."""

    leaving = forms.IntegerField(required=False, min_value=0)
    take_back = forms.BooleanField(required=False)
