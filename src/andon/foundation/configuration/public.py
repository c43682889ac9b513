"""The door of `configuration`: what a steward may choose, what was chosen, and what each choice does to anonymity.

A room that has something to choose registers a `Section` in its `AppConfig.ready`. What the environment says comes
before what was chosen on the page, so that an installation can be described as files and stays as described.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from andon.foundation.audit import public as audit
from andon.foundation.configuration.models import Choice
from andon.foundation.configuration.sealing import CannotOpen, open_sealed, seal

__all__ = [
    "Check",
    "Finding",
    "FixedByEnvironment",
    "OnlyTighter",
    "Section",
    "Setting",
    "consequences",
    "is_fixed",
    "read",
    "read_all",
    "reading_once",
    "register",
    "section_named",
    "sections",
    "setting_named",
    "write",
]

Words = str | Promise


class FixedByEnvironment(Exception):
    """The environment of the service says what this setting is. Nothing was changed."""


class OnlyTighter(Exception):
    """This setting can only become stricter: people answered under the promise as it was. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing to choose.

    `field` makes the form field, with its label and help. `anonymity` says in a sentence what the choice does to
    anonymity, or "" where it does nothing. `environment` names the variable (and its `_FILE`) that comes before the
    choice; `parse` reads its text. `is_tighter(before, after)` is there where the setting can only be tightened.
    `consequence(before, after)` says what nobody can take back once this is saved, or "": it is shown, and agreed to,
    before anything is.
    """

    key: str
    field: Callable[[], forms.Field]
    default: Any = ""
    environment: str = ""
    parse: Callable[[str], Any] = str
    secret: bool = False
    anonymity: Words = ""
    is_tighter: Callable[[Any, Any], bool] | None = None
    consequence: Callable[[Any, Any], Words] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw: whether it is as it should be, in a sentence, and what to do where it is not."""

    ok: bool
    text: Words
    advice: Words = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A button below a section that tries what is set: `run(request)` gives its findings."""

    label: Words
    run: Callable[[Any], list[Finding]]
    about: Words = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A page of settings: its own form, or, with `url_name`, a page that another room serves."""

    slug: str
    title: Words
    lead: Words
    order: int
    settings: tuple[Setting, ...] = field(default=())
    check: Check | None = None
    url_name: str = ""
    validate: Callable[[Mapping[str, Any]], Mapping[str, Words]] | None = None


_sections: dict[str, Section] = {}


def register(section: Section) -> None:
    """Called from `AppConfig.ready`."""
    _sections[section.slug] = section


def sections() -> list[Section]:
    return sorted(_sections.values(), key=lambda section: (section.order, section.slug))


def section_named(slug: str) -> Section | None:
    return _sections.get(slug)


def setting_named(key: str) -> Setting:
    """Raises: KeyError."""
    for section in _sections.values():
        for setting in section.settings:
            if setting.key == key:
                return setting
    raise KeyError(key)


def is_fixed(setting: Setting) -> bool:
    """Whether the environment says what the setting is."""
    return bool(setting.environment) and _from_environment(setting) is not None


def _from_environment(setting: Setting) -> str | None:
    file = settings.ENVIRONMENT.get(f"{setting.environment}_FILE")
    if file:
        return Path(file).read_text().strip()
    return settings.ENVIRONMENT.get(setting.environment) or None


def read(key: str) -> Any:
    """The value that holds now: the environment's, the chosen one, or the default. One query at most."""
    return read_all([key])[key]


def read_all(keys: Iterable[str]) -> dict[str, Any]:
    """The values that hold now, by key. One query at most."""
    wanted = [setting_named(key) for key in keys]
    found: dict[str, Any] = {}
    for setting in wanted:
        fixed = _from_environment(setting) if setting.environment else None
        found[setting.key] = setting.default if fixed is None else setting.parse(fixed)
    open_keys = {setting.key for setting in wanted if not is_fixed(setting)}
    if open_keys:
        for key, value in _chosen(open_keys).items():
            found[key] = _opened(value) if setting_named(key).secret else value
    return found


# What was read in this request: None outside of one, empty before the first reading.
_read: ContextVar[dict[str, Any] | None] = ContextVar("andon_configuration_read", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Inside, all settings are read by one query, the first time that one is asked for."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def _chosen(keys: set[str]) -> dict[str, Any]:
    """The stored values among these keys."""
    kept = _read.get()
    if kept is None:
        return dict(Choice.objects.filter(key__in=keys).values_list("key", "value"))
    if not kept:
        # The table has a row for each setting that was ever changed, a few dozen at most.
        kept.update(Choice.objects.values_list("key", "value"), **{"": None})
    return {key: kept[key] for key in keys if key in kept}


def _opened(sealed: Any) -> str:
    try:
        return open_sealed(str(sealed))
    except CannotOpen:
        return ""


def write(values: Mapping[str, Any], *, by: object | None, at: datetime) -> list[str]:
    """Keep what was chosen, with an entry in the change log for each value that became another; their keys.

    Guarantees: all or nothing; a secret never stands in the change log. Does not: validate; the form did that.
    Raises: FixedByEnvironment, OnlyTighter, KeyError.
    """
    changed = []
    kept = _read.get()
    if kept is not None:
        kept.clear()
    with transaction.atomic(using="default"):
        # One after the other: two at once must not each tighten from the same value.
        list(Choice.objects.select_for_update().filter(key__in=values))
        before = read_all(values)
        for key, value in values.items():
            setting = setting_named(key)
            if value == before[key]:
                continue
            if is_fixed(setting):
                raise FixedByEnvironment
            if setting.is_tighter is not None and not setting.is_tighter(before[key], value):
                raise OnlyTighter
            stored = seal(str(value)) if setting.secret and value else value
            Choice.objects.update_or_create(key=key, defaults={"value": stored})
            facts = {} if setting.secret else {"before": _shown(before[key]), "after": _shown(value)}
            audit.record(kind="setting.changed", by=by, at=at, subject=key, **facts)
            changed.append(key)
    if kept is not None:
        kept.clear()
    return changed


def _shown(value: Any) -> str:
    """A value for the change log; what is off or empty is said, since an empty fact would be left out."""
    match value:
        case True:
            return "on"
        case False:
            return "off"
        case list() | tuple():
            return ", ".join(map(str, value)) or "-"
        case _:
            return str(value) or "-"


def consequences(values: Mapping[str, Any]) -> list[str]:
    """What of these values, once written, nobody can take back: a sentence or two for each."""
    before, found = read_all(values), []
    for key, value in values.items():
        setting = setting_named(key)
        if value == before[key]:
            continue
        said = []
        if setting.is_tighter is not None:
            change = {"before": value_in_words(key, _shown(before[key])), "after": value_in_words(key, _shown(value))}
            said.append(
                _("%(label)s: before %(before)s, from now on %(after)s. Nobody can ever make this looser again.")
                % {"label": label_of(key), **change}
            )
        if setting.consequence is not None:
            said.append(str(setting.consequence(before[key], value)))
        if words := " ".join(filter(None, said)):
            found.append(words)
    return found


def value_in_words(key: str, shown: str) -> str:
    """A value as the change log keeps it, as the page of the setting says it: with its unit, and in one's language."""
    try:
        field = setting_named(key).field()
    except KeyError:
        return shown
    if isinstance(field, forms.BooleanField):
        return {"on": _("yes"), "off": _("no")}.get(shown, shown)
    if isinstance(field, forms.ChoiceField):
        words = {str(value) or "-": str(label) for value, label in _flat(field.choices)}
        if isinstance(field, forms.MultipleChoiceField):
            return ", ".join(words.get(one, one) for one in shown.split(", "))
        return words.get(shown, shown)
    return _("nothing") if shown == "-" else shown


def _flat(choices: Any) -> Iterator[tuple[Any, Any]]:
    """Choices without the headings that some of them stand under."""
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield value, label


def label_of(key: str) -> str:
    """How the setting is called on its page."""
    try:
        return str(setting_named(key).field().label or key)
    except KeyError:
        return _("a setting of an earlier version (%(key)s)") % {"key": key}
