"""Who a session belongs to: Django's and allauth's ways to sign in, with the member read by hand."""

from typing import Any
from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.db import connection

from andon.foundation.people.models import Member

_FIELDS = {field.attname: field for field in Member._meta.concrete_fields}
_SELECT = (
    f"SELECT {', '.join(str(field.column) for field in _FIELDS.values())} FROM {Member._meta.db_table} WHERE id = %s"  # noqa: S608
)


class _ByHand:
    def get_user(self, user_id: Any) -> Member | None:
        """The active member with this id, as `Member.objects.get` would give it."""
        try:
            key = Member._meta.pk.to_python(user_id)
        except ValidationError:
            return None
        with connection.cursor() as cursor:
            cursor.execute(_SELECT, [key.hex if isinstance(key, UUID) else key])
            row = cursor.fetchone()
        if row is None:
            return None
        values = [field.to_python(value) for field, value in zip(_FIELDS.values(), row, strict=True)]
        member = Member.from_db(connection.alias, list(_FIELDS), values)
        return member if member.is_active else None


class MemberBackend(_ByHand, ModelBackend):
    """By password, and for whoever signs somebody in by hand."""


class SignInBackend(_ByHand, AuthenticationBackend):
    """By what allauth knows: e-mail codes, passkeys, identity providers."""
