"""A call that the server knows: whose it is, when it ends; and the ticket with which its person may end it earlier."""

import re
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple, get_args

from voicemint.agents.call_mode import CallMode
from voicemint.errors import InvalidRequest, InvalidTicket
from voicemint.openai.call_ids import CALL_ID
from voicemint.secrets.signing import SigningKeys

TICKET_PURPOSE = "ticket"
_CALL_ID = re.compile(CALL_ID, re.ASCII)


def is_call_id(value: object) -> bool:
    return isinstance(value, str) and _CALL_ID.fullmatch(value) is not None


def check_call_id(value: object) -> str:
    """Raises InvalidRequest."""
    if not isinstance(value, str) or not is_call_id(value):
        raise InvalidRequest("Expected a call id: 1 to 128 of A-Z, a-z, 0-9, '-' and '_'.")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCall:
    """`agent` is an agent's name and `setup` how the call came to be; times are in epoch seconds.

    `epoch` is its person's (access/person.py): of a release before this one it has none, and so
    has nobody who has none.
    """

    call_id: str
    person_id: str
    agent: str
    setup: CallMode
    started_at: int
    deadline: int
    epoch: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, value: Any) -> "KnownCall":
        """Raises ValueError for what as_json did not make."""
        if not isinstance(value, dict) or not _TYPES.keys() - OPTIONAL <= value.keys() <= _TYPES.keys():
            raise ValueError("not a call")
        if any(type(value[name]) not in _TYPES[name] for name in value) or not is_call_id(value["call_id"]):
            raise ValueError("not a call")
        return cls(**{**value, "setup": CallMode(value["setup"])})

    def ticket(self, keys: SigningKeys, place: str = "") -> str:
        """The signed text for the call's person; its payload is readable, so a page finds the deadline in it."""
        payload = {"call_id": self.call_id, "person": self.person_id, "deadline": self.deadline, "place": place}
        return keys.sign(TICKET_PURPOSE, payload)


OPTIONAL = {"epoch"}
_TYPES: dict[str, tuple[Any, ...]] = {
    **{field.name: get_args(field.type) or (field.type,) for field in fields(KnownCall)},
    "setup": (str, CallMode),
}


class OwnCall(NamedTuple):
    """A call that somebody may end, and its place among their calls ("" where it has none): limits/calls_at_once.py."""

    call_id: str
    place: str


def call_of_ticket(keys: SigningKeys, text: object, person_id: str) -> OwnCall:
    """The call that `person_id` may end with this ticket. Raises InvalidTicket.

    A ticket does not expire: to end a call that is over is no harm, and one that outlives its deadline should end.
    """
    payload = keys.verify(TICKET_PURPOSE, text) if isinstance(text, str) else None
    if payload is None or payload["person"] != person_id:
        raise InvalidTicket
    return OwnCall(check_call_id(payload["call_id"]), payload.get("place", ""))
