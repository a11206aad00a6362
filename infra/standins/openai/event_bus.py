"""Server events of one session, to everybody who listens: the call's data channel, a WebSocket, sidebands."""

import json
from typing import Any, Protocol

from standins.openai.errors import ApiError
from standins.openai.event_faults import EventFaults
from standins.openai.ids import new_id
from standins.values import Json

NORMAL_CLOSURE = 1000


class Sink(Protocol):
    """A transport's sending side."""

    def send(self, message: str) -> None: ...

    def close(self, code: int) -> None: ...


class EventBus:
    """Gives each event its id and sends it to every sink, in the order they came."""

    def __init__(self, faults: EventFaults | None = None) -> None:
        self._faults = faults or EventFaults()
        self._sinks: list[Sink] = []
        self.sent = 0

    def attach(self, sink: Sink) -> None:
        self._sinks.append(sink)

    def detach(self, sink: Sink) -> None:
        if sink in self._sinks:
            self._sinks.remove(sink)

    def emit(self, type_: str, **fields: Any) -> None:
        """Send one server event to every sink."""
        self._send(_event(type_, fields), *self._sinks)

    def refuse(self, error: ApiError, client_event_id: str | None, sink: Sink) -> None:
        """Send an `error` event to the sink whose client event was refused."""
        self._send(_event("error", {"error": error.event_error(client_event_id)}), sink)

    def fail(self, error: ApiError) -> None:
        """Send an `error` event that no client event caused."""
        self.emit("error", error=error.event_error(None))

    def _send(self, event: Json, *sinks: Sink) -> None:
        passed = self._faults.pass_on(event)
        if passed is None:
            return
        self.sent += 1
        for sink in sinks:
            sink.send(json.dumps(passed))

    def close(self, code: int = NORMAL_CLOSURE) -> None:
        sinks, self._sinks = self._sinks, []
        for sink in sinks:
            sink.close(code)


def _event(type_: str, fields: Json) -> Json:
    return {"type": type_, "event_id": new_id("event"), **fields}
