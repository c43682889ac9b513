"""Which feature's tables live in which database: no transaction spans two of them."""

from typing import Any

ALIAS_OF = {
    "ballots": "ballots",
    "publiclog": "ballots",
    "issuance": "issuance",
}


class AliasByFeature:
    def db_for_read(self, model: Any, **hints: object) -> str:
        return ALIAS_OF.get(model._meta.app_label, "default")

    db_for_write = db_for_read

    def allow_relation(self, left: Any, right: Any, **hints: object) -> bool:
        # Not their types: the member of a request is a lazy object, of another type with the options of its model.
        return self.db_for_read(left) == self.db_for_read(right)

    def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool:
        return ALIAS_OF.get(app_label, "default") == db
