"""Slips: the blind right to cast once. docs/protocol, sections 2 and 3."""

from andon.kernel.credential.evaluation import (
    EVALUATION_BYTES,
    OUTPUT_BYTES,
    POINT_BYTES,
    SEED_BYTES,
    BadBlindedValue,
    BadSeed,
    EvaluationKey,
)
from andon.kernel.credential.issuance import ISSUANCE_KEY_BYTES, BadIssuanceKey, issuance_row_key
from andon.kernel.credential.request import BadProof, SlipRequest

__all__ = [
    "EVALUATION_BYTES",
    "ISSUANCE_KEY_BYTES",
    "OUTPUT_BYTES",
    "POINT_BYTES",
    "SEED_BYTES",
    "BadBlindedValue",
    "BadIssuanceKey",
    "BadProof",
    "BadSeed",
    "EvaluationKey",
    "SlipRequest",
    "issuance_row_key",
]
