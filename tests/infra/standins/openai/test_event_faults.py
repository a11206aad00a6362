"""Single events fail as a test asks: lost, without the name of what was refused, without what may be left out."""

import json
from typing import Any

import aiohttp
import pytest
from standins.openai.event_faults import EVENT_FAULT, EventFaults
from standins.openai.session import Session

from .talking import Talk

pytestmark = pytest.mark.asyncio


def spoil(talk: Talk, **fault: Any) -> None:
    faults: EventFaults = talk.session._context.faculties.event_faults
    faults.arm(EVENT_FAULT.validate_python(fault))


async def test_a_server_event_is_lost_once(talk: Talk) -> None:
    spoil(talk, event="response.created", fault="drop")
    await talk.respond()
    assert talk.listener.all("response.created") == []
    await talk.respond()
    assert len(talk.listener.all("response.created")) == 1


async def test_a_client_event_is_lost_once(talk: Talk) -> None:
    spoil(talk, event="response.create", fault="drop")
    talk.send("response.create")
    assert "response.created" not in talk.listener.types
    await talk.respond()


async def test_a_refusal_does_not_name_what_it_refuses(talk: Talk) -> None:
    spoil(talk, event="error", fault="unnamed")
    for _ in range(2):
        talk.send("response.cancel", event_id="mine")
    assert [event["error"]["event_id"] for event in talk.listener.all("error")] == [None, "mine"]


class Sink:
    """Checks nothing: what lacks a field is not what the SDK's types describe."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def send(self, message: str) -> None:
        self.events.append(json.loads(message))

    def close(self, code: int) -> None:
        pass


async def test_a_field_that_may_be_left_out_is_left_out_there_alone(talk: Talk) -> None:
    session: Session = talk.session
    session.bus.detach(talk.listener)
    sink = Sink()
    session.bus.attach(sink)
    spoil(talk, event="conversation.item.added", fault="omit", fields=["item.status", "event_id", "no.such.field"])
    talk.write("Hello.")
    added, done = sink.events
    assert "status" not in added["item"]
    assert "event_id" not in added
    assert done["item"]["status"] == "completed"


async def test_several_tools_are_called_in_one_response_with_arguments_as_given(talk: Talk) -> None:
    tools = [{"name": "f", "arguments": ""}, {"name": "g", "arguments": {"a": 1}}]
    talk.script_turns({"tools": tools, "say": "Done."})
    talk.write("x")
    output = (await talk.respond())["output"]
    assert [(call["name"], call["arguments"], call["status"]) for call in output] == [
        ("f", "", "completed"),
        ("g", '{"a": 1}', "completed"),
    ]
    assert await talk.ask("y") == "Done."


async def test_they_are_armed_and_cleared_over_http(http: aiohttp.ClientSession) -> None:
    fault = {"event": "response.created", "fault": "drop"}
    async with http.post("/_standin/event-faults", json=fault) as answer:
        assert answer.status == 204
    async with http.post("/_standin/event-faults", json={**fault, "fault": "explode"}) as answer:
        assert answer.status == 400
    async with http.delete("/_standin/event-faults") as answer:
        assert answer.status == 204
