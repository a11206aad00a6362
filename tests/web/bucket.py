"""What the bucket holds of a call, and whether that is what was on the wire."""

import json
import re
from pathlib import Path
from typing import Any

from .talker import Talker

Line = dict[str, Any]  # {"at", "direction", "event"}, as the page sent it


def assert_stored_once(talker: Talker, bucket: Path, wire: list[Line] | None = None) -> None:
    """The bucket's lines of the talker's call are the events on the wire: nothing lost, nothing twice, in order."""
    wire = wire or talker.wire()

    def is_complete(lines: list[Line]) -> bool:
        """A page that is left sends its newest batch at once, so the end may arrive before what waited for longer."""
        return tells(lines, "call.ended") and len(of_the_wire(lines)) >= len(wire)

    lines = talker.eventually(lambda: stored(bucket, call_of(wire)), is_complete)
    assert of_the_wire(lines) == list(map(as_logged, wire))


def of_the_wire(lines: list[Line]) -> list[Line]:
    """What went over the data channel, without the page's own notes."""
    return [{"direction": line["direction"], "event": line["event"]} for line in lines if line["direction"] != "page"]


def as_logged(line: Line) -> Line:
    """A line from the wire without what the page keeps to itself: what the agent is told."""
    instructions = line["event"].get("session", {}).get("instructions")
    if instructions is None:
        return line
    session = {**line["event"]["session"], "instructions": f"[{len(instructions)} letters left out]"}
    return {**line, "event": {**line["event"], "session": session}}


def call_of(wire: list[Line]) -> str:
    """The id of an event that only this call has: the call id itself is not on the wire."""
    created = next(line["event"] for line in wire if line["event"]["type"] == "session.created")
    return str(created["event_id"])


def tells(lines: list[Line], event_type: str) -> bool:
    return any(line["event"]["type"] == event_type for line in lines)


def stored(bucket: Path, event_id: str) -> list[Line]:
    """All lines of the page about the call to which this event belongs, in the order of its batches."""
    paths = list(bucket.glob("calls/*/*/*.ndjson"))
    calls = {_call_in(path) for path in paths if event_id in path.read_text()}
    objects = sorted((path for path in paths if _call_in(path) in calls), key=lambda path: path.name)
    lines = [json.loads(line) for path in objects for line in path.read_text().splitlines()]
    return [line["client"] for line in lines if "client" in line]  # the others are watch-call's own


def _call_in(path: Path) -> str:
    """The call of an object: what came before the call was registered lies under `page_<call>_<person>`."""
    call = re.search("rtc_[^_]+", path.parent.name)
    return call[0] if call else path.parent.name
