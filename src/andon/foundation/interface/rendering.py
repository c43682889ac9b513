"""How forms are drawn: with our templates, and so that whoever was refused begins where something is wrong."""

from typing import Any

from django.forms import BoundField
from django.forms.renderers import TemplatesSetting


class Field(BoundField):
    """A field that asks for the focus when it is the first of its form that is wrong.

    Without a script: a page that opens with the focus in a field is read from there by screen readers, and typed into
    from there by everybody. What is wrong with the form as a whole stands above its fields and comes first. Of buttons
    for one choice the first asks (django/forms/widgets/attrs.html). A form with `leaves_focus` leaves it to another.
    """

    def build_widget_attrs(self, attrs: Any, widget: Any = None) -> Any:
        attrs = super().build_widget_attrs(attrs, widget)
        if (widget or self.field.widget).is_hidden:
            # There is nothing to describe for anybody.
            return {name: value for name, value in attrs.items() if not name.startswith("aria-")}
        if getattr(self.form, "leaves_focus", False):
            return attrs
        if self.form.is_bound and self.form.errors and not self.form.non_field_errors():
            first = next((name for name in self.form.fields if name in self.form.errors), None)
            if first == self.name:
                attrs["autofocus"] = True
        return attrs


class Renderer(TemplatesSetting):
    bound_field_class = Field
