"""What a question to Google was answered with: a value, or the reason why there is none."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from common.failures import look_up


class Refusal(StrEnum):
    """Why there is no value, in words that stand after "not checked"."""

    NOT_FOUND = "there is no such thing"
    DENIED = "this account may not look at it"
    API_OFF = "its API is not on yet"
    BILLING_OFF = "billing is off"
    SIGNED_OUT = "gcloud is not signed in"
    VERSION_OFF = "its newest version is not enabled"
    NO_ANSWER = "no answer came in time"
    PERIMETER = "a service perimeter (VPC Service Controls) lets nobody in from here"
    NOT_ASKED = "what it depends on is missing"
    NOT_OURS = "it is somebody else's"
    OTHER = "Google refused"


class NotOurs(Exception):
    """What would be asked for is somebody else's business."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`value` is what was answered, and in no text: it may be a secret. `said` is the refusal's own sentence."""

    value: Any = field(default=None, repr=False)
    refusal: Refusal | None = None
    said: str = ""

    @property
    def ok(self) -> bool:
        return self.refusal is None


_REFUSALS = {
    "not-signed-in": Refusal.SIGNED_OUT,
    "billing-off": Refusal.BILLING_OFF,
    "service-disabled": Refusal.API_OFF,
    "version-off": Refusal.VERSION_OFF,
    "not-there-yet": Refusal.NOT_FOUND,
    "no-region": Refusal.NOT_FOUND,
    "no-permission": Refusal.DENIED,
    "build-account": Refusal.DENIED,  # it names a permission of Cloud Storage that is lacking
    "org-policy": Refusal.DENIED,
    "perimeter": Refusal.PERIMETER,
    "too-many-requests": Refusal.NO_ANSWER,
    "unavailable": Refusal.NO_ANSWER,
}


def refusal_of(text: str, project_id: str) -> Refusal:
    """What gcloud's words mean to somebody who only looks."""
    return _REFUSALS.get(look_up(text, project_id).id, Refusal.OTHER)
