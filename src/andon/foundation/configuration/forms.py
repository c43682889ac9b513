from typing import Any

from django import forms
from django.utils.translation import gettext as _

from andon.foundation.configuration import public as configuration


def name_of(key: str) -> str:
    """What the field of a setting is called: a dot may not stand in the id of an element."""
    return key.replace(".", "-")


class SectionForm(forms.Form):
    """The settings of one section as a form, filled with what holds now."""

    # Whether another form of the page has the focus when both are refused.
    leaves_focus = False

    def __init__(self, section: configuration.Section, data: Any = None) -> None:
        self.section = section
        self.now = configuration.read_all([setting.key for setting in section.settings])
        super().__init__(data, initial={name_of(setting.key): self._initial(setting) for setting in section.settings})
        for setting in section.settings:
            self.fields[name_of(setting.key)] = self._field(setting)

    def _initial(self, setting: configuration.Setting) -> Any:
        return "" if setting.secret else self.now[setting.key]

    def suggest(self, key: str, value: Any) -> None:
        """Fill in what nobody has chosen yet. What is fixed stays as it is."""
        field = self.fields[name_of(key)]
        if not field.disabled:
            self.initial[name_of(key)] = value

    def _field(self, setting: configuration.Setting) -> forms.Field:
        field = setting.field()
        help_texts = [str(field.help_text)] if field.help_text else []
        if setting.secret and self.now[setting.key]:
            help_texts.append(_("One is kept. Leave this empty to keep it."))
        if setting.anonymity:
            help_texts.append(str(setting.anonymity))
        if setting.is_tighter is not None:
            help_texts.append(_("This can only be made stricter."))
        if configuration.is_fixed(setting):
            field.disabled = True
            help_texts.append(
                _("Fixed by %(name)s in the environment of the service; it is changed there.")
                % {"name": setting.environment}
            )
        field.help_text = " ".join(help_texts)
        return field

    def clean(self) -> dict[str, Any]:
        filled = super().clean() or {}
        values = {key: filled[name_of(key)] for key in self.now if name_of(key) in filled}
        for setting in self.section.settings:
            if setting.key not in values or setting.is_tighter is None:
                continue
            before, after = self.now[setting.key], values[setting.key]
            if after != before and not setting.is_tighter(before, after):
                self.add_error(
                    name_of(setting.key),
                    _("This would loosen what people were promised. It stays as it was; a stricter value can be set."),
                )
        if self.section.validate is not None and not self.errors:
            for key, words in self.section.validate(values).items():
                self.add_error(name_of(key), str(words))
        return filled

    def chosen(self) -> dict[str, Any]:
        """What the form would change: without what the environment fixes, and without secrets left empty."""
        values = {}
        for setting in self.section.settings:
            value = self.cleaned_data[name_of(setting.key)]
            if not configuration.is_fixed(setting) and not (setting.secret and not value):
                values[setting.key] = value
        return values
