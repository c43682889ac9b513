"""Founding the organisation."""

from datetime import datetime

from django.db import transaction

from andon.foundation.audit import public as audit
from andon.foundation.organisation.models import Node, Organisation, random_id


class AlreadyFounded(Exception):
    """There is an organisation in this installation. Nothing was changed."""


def create_organisation(
    *, name: str, steward_public_key: str, at: datetime, organisation_id: str | None = None
) -> Organisation:
    """Found the one organisation of this installation, with the top of its tree.

    `organisation_id` is given where the public log names it already.

    Raises: AlreadyFounded.
    """
    with transaction.atomic():
        if Organisation.objects.exists():
            raise AlreadyFounded
        founded = Organisation.objects.create(
            id=organisation_id or random_id(), name=name, steward_public_key=steward_public_key
        )
        if not Node.objects.filter(parent=None).exists():
            Node.objects.create(name=name)
        audit.record(kind="organisation.created", by=None, at=at, subject=name)
    return founded
