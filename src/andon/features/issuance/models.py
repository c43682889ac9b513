"""That a slip was given: once per member, round and purpose. Never which slip, and never when."""

import secrets

from django.db import models


def random_id() -> str:
    return secrets.token_hex(16)


class Generation(models.Model):
    """The identity of this store. If it was lost or restored, no more slips are given for older rounds."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id)


class IssuingRound(models.Model):
    """Whether slips may still be given. Whoever is given one holds this row shared; the close holds it alone."""

    round_id = models.CharField(primary_key=True, max_length=32)
    ended = models.BooleanField(default=False)


class IssuedSlip(models.Model):
    """`row_key` is an HMAC under the round's issuance key, so that after the close nobody can tell whose it was."""

    row_key = models.BinaryField(primary_key=True, max_length=32)
    round_id = models.CharField(max_length=32, db_index=True)
    blinded_sha256 = models.BinaryField(max_length=32)
