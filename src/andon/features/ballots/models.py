"""The ballot box. It knows what was said in sealed form; never who said it and never when.

No date, no address, no serial, no foreign key: a test reads this file's schema and says no to each.
"""

import secrets

from django.db import models


def random_id() -> str:
    return secrets.token_hex(16)


class Generation(models.Model):
    """The identity of this ballot database. One that was lost or restored is another one."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id)


class Box(models.Model):
    """The box of one round. Whoever casts holds this row shared; whoever closes holds it alone."""

    class State(models.TextChoices):
        WAITING = "waiting"
        OPEN = "open"
        CLOSED = "closed"
        VOID = "void"

    round_id = models.CharField(primary_key=True, max_length=32)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)


class Ballot(models.Model):
    """A sealed ballot in its slot. Neither the key behind the slot nor the slip is kept."""

    pk = models.CompositePrimaryKey("round_id", "slot", "purpose")
    round_id = models.CharField(max_length=32)
    slot = models.BinaryField(max_length=32)
    purpose = models.CharField(max_length=16)
    unit_id = models.CharField(max_length=32)
    sequence = models.BigIntegerField()
    ciphertext = models.BinaryField(max_length=2096)
