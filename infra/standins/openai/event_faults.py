"""Ways in which single events fail, armed by tests: `POST /_standin/event-faults`.

A fault names a type of event, and so also whose it is: the client's types and the server's differ.
"""

import copy
from typing import ClassVar, Literal

from pydantic import Field, TypeAdapter

from standins.faults import ArmedFaults
from standins.openai.validation import Strict
from standins.values import Json


class EventFault(Strict):
    """What happens to the next `times` events of a type (null: to all until cleared).

    `drop` loses it; `unnamed` has an `error` name no client event (null), as OpenAI does at times; `omit` leaves
    `fields` out, such as `item.status`.
    """

    nullable: ClassVar[frozenset[str]] = frozenset({"times"})
    event: str
    fault: Literal["drop", "unnamed", "omit"]
    fields: list[str] = Field(default_factory=list)
    times: int | None = Field(default=1, ge=1)


EVENT_FAULT: TypeAdapter[EventFault] = TypeAdapter(EventFault)


class EventFaults(ArmedFaults[EventFault]):
    """The armed faults of all sessions."""

    def pass_on(self, event: Json) -> Json | None:
        """The event as it arrives; None when it is lost."""
        fault = self.take(lambda fault: fault.event == event.get("type"))
        if fault is None:
            return event
        if fault.fault == "drop":
            return None
        spoilt = copy.deepcopy(event)
        if fault.fault == "unnamed":
            spoilt["error"]["event_id"] = None
        for path in fault.fields:
            _omit(spoilt, path.split("."))
        return spoilt


def _omit(event: Json, path: list[str]) -> None:
    *parents, last = path
    for name in parents:
        event = event.get(name, {})
    event.pop(last, None)
