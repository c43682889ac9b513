"""An installation of this process that is put back to an earlier moment, as `andon restore` does it.

Rows are copied in memory instead of through a file; what may be in a backup and what follows from a restore are the
product's own.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import router

from andon.features.ballots import public as ballots
from andon.features.publiclog.models import LogEntry
from andon.gateways.backup import contents, restoring
from tests.emptying import empty
from tests.lived_in import ALIASES


@dataclass(frozen=True, slots=True)
class Earlier:
    """The rows of a backup, by database and model."""

    rows: Mapping[tuple[str, Any], Sequence[Any]]

    @property
    def entries(self) -> int:
        """How long the public log was."""
        return len(self.rows["ballots", LogEntry])


def _tables() -> list[tuple[str, Any]]:
    return [
        (alias, model)
        for alias in contents.ALIASES
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and router.allow_migrate_model(alias, model)
        and contents.may_hold(alias, model._meta.label)
    ]


def keep() -> Earlier:
    return Earlier({(alias, model): list(model._base_manager.using(alias).all()) for alias, model in _tables()})


def put_back(earlier: Earlier, *, at: datetime, keys: Path, settings: Any) -> restoring.Restored:
    """Restore with all later entries of the log, on a machine with new keys in the folder `keys`."""
    later = [json.loads(bytes(row.content)) for row in LogEntry.objects.order_by("index")][earlier.entries :]
    ballots.prepare_key_directory(keys)
    settings.KEY_DIRECTORY = keys
    for alias in ALIASES:
        empty(alias)
    for (alias, model), rows in earlier.rows.items():
        # What the migrations of an empty installation put there stays.
        if not model._base_manager.using(alias).exists():
            model._base_manager.using(alias).bulk_create(copy.deepcopy(rows))
    return restoring.settle(later, erased=frozenset(), made_at=at, at=at)
