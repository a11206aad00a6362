"""Items and responses of a session."""

import asyncio
import base64
import struct
from collections.abc import Callable
from typing import Any

import pytest

from .talking import Talk, text_item

pytestmark = pytest.mark.asyncio

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Current weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
PNG_HEADER = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480)
PICTURE = f"data:image/png;base64,{base64.b64encode(PNG_HEADER).decode()}"


async def test_the_events_of_a_text_turn_come_in_the_documented_order(talk: Talk) -> None:
    talk.listener.clear()
    await talk.ask("hello")
    await talk.listener.wait_for("rate_limits.updated")
    types = [type_ for type_ in talk.listener.types if type_ != "response.output_text.delta"]
    assert types == [
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]


async def test_the_events_of_a_spoken_turn_come_in_the_documented_order(talk: Talk) -> None:
    talk.play_on_track()
    talk.listener.clear()
    talk.send("response.create")
    await talk.listener.wait_for("rate_limits.updated")
    await talk.play(20_000)
    types = [type_ for type_ in talk.listener.types if type_ != "response.output_audio_transcript.delta"]
    assert types == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "output_audio_buffer.started",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
        "output_audio_buffer.stopped",
    ]


async def test_deltas_add_up_to_the_transcript(talk: Talk) -> None:
    await talk.respond()
    deltas = "".join(event["delta"] for event in talk.listener.all("response.output_audio_transcript.delta"))
    assert deltas.strip() == talk.listener.said()
    assert talk.listener.said().startswith("Hello, this is the offline stand-in for OpenAI.")


async def test_introduces_itself_once(talk: Talk) -> None:
    first, second = await talk.ask("thank you"), await talk.ask("thank you")
    assert first == "Hello, this is the offline stand-in for OpenAI. You are welcome."
    assert second == "You are welcome."


async def test_an_out_of_band_response_leaves_the_conversation_alone(talk: Talk) -> None:
    response = await talk.respond(
        conversation="none",
        output_modalities=["text"],
        metadata={"purpose": "smoke"},
        input=[text_item("what is two plus three")],
    )
    assert response["metadata"] == {"purpose": "smoke"}
    assert response["conversation_id"] is None
    assert "2 plus 3 is 5." in talk.listener.said()
    assert talk.listener.all("conversation.item.added") == []


async def test_input_can_refer_to_items(talk: Talk) -> None:
    talk.write("count to three", id="item_1")
    talk.write("never mind", id="item_2")
    await talk.respond(output_modalities=["text"], input=[{"type": "item_reference", "id": "item_1"}])
    assert talk.listener.said().endswith("One. Two. Three.")


async def test_only_one_response_at_a_time(talk: Talk) -> None:
    talk.send("response.create")
    talk.send("response.create", event_id="second")
    error = talk.listener.last("error")["error"]
    assert (error["code"], error["event_id"]) == ("conversation_already_has_active_response", "second")
    await talk.listener.wait_for("response.done")
    assert (await talk.respond())["status"] == "completed"


async def test_out_of_band_responses_run_beside_the_active_one(talk: Talk) -> None:
    talk.send("response.create")
    talk.send("response.create", response={"conversation": "none", "output_modalities": ["text"]})
    await talk.listener.wait_for("response.done", count=2)
    assert talk.listener.all("error") == []


async def test_the_client_cancels(start_talk: Callable[..., Talk]) -> None:
    talk = start_talk(max_lead_seconds=2)
    talk.play_on_track()
    talk.write("count to twenty")
    talk.send("response.create")
    await talk.listener.wait_for("output_audio_buffer.started")
    talk.send("response.cancel")
    response = talk.listener.last("response.done")["response"]
    assert (response["status"], response["status_details"]["reason"]) == ("cancelled", "client_cancelled")
    assert response["output"][0]["status"] == "incomplete"
    assert response["usage"]["output_tokens"] > 0
    assert talk.listener.types[-1] == "rate_limits.updated"
    talk.send("output_audio_buffer.clear")
    assert talk.listener.last("output_audio_buffer.cleared")["response_id"] == response["id"]
    assert await talk.play(100) == bytes(100 * 48)


async def test_a_response_is_cancelled_by_its_id(talk: Talk) -> None:
    talk.send("response.create", response={"conversation": "none"})
    response_id = talk.listener.last("response.created")["response"]["id"]
    talk.send("response.cancel", response_id=response_id)
    assert talk.listener.last("response.done")["response"]["status"] == "cancelled"


@pytest.mark.parametrize("modality", ["text", "audio"])
async def test_stops_at_max_output_tokens(talk: Talk, modality: str) -> None:
    talk.write("count to fifty")
    response = await talk.respond(max_output_tokens=20, output_modalities=[modality])
    assert (response["status"], response["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
    assert 0 < response["usage"]["output_tokens"] <= 20


async def test_a_function_call_and_its_result(talk: Talk) -> None:
    talk.update(tools=[WEATHER])
    talk.write("What is the weather in Lisbon?")
    response = await talk.respond()
    call = response["output"][0]
    assert (call["type"], call["name"], call["arguments"]) == ("function_call", "get_weather", '{"city": "Lisbon"}')
    done = talk.listener.last("response.function_call_arguments.done")
    assert (done["call_id"], done["arguments"]) == (call["call_id"], call["arguments"])
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"temperature": 21}'}
    talk.send("conversation.item.create", item=result)
    await talk.respond()
    assert talk.listener.said().endswith("The answer is: temperature 21.")


TOOL_CHOICES: dict[str, tuple[Any, str, bool]] = {
    "none": ("none", "What is the weather in Lisbon?", False),
    "required": ("required", "hello", True),
    "by name": ({"type": "function", "name": "get_weather"}, "hello", True),
    "auto": ("auto", "hello", False),
}


@pytest.mark.parametrize(("choice", "text", "calls"), TOOL_CHOICES.values(), ids=TOOL_CHOICES.keys())
async def test_tool_choice_is_kept(talk: Talk, choice: Any, text: str, calls: bool) -> None:
    talk.write(text)
    response = await talk.respond(tools=[WEATHER], tool_choice=choice)
    assert (response["output"][0]["type"] == "function_call") is calls


async def test_a_picture_is_sized_and_counted(talk: Talk) -> None:
    content = [{"type": "input_image", "image_url": PICTURE, "detail": "low"}]
    talk.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    response = await talk.respond(output_modalities=["text"])
    assert "a picture of 640 by 480 pixels" in talk.listener.said()
    assert response["usage"]["input_token_details"]["image_tokens"] == 66


async def test_usage_adds_up_and_what_was_sent_before_is_cached(talk: Talk) -> None:
    talk.update(instructions="Be kind. " * 100)
    await talk.ask("hello")
    talk.write("hello again")
    usage = (await talk.respond())["usage"]
    read, written = usage["input_token_details"], usage["output_token_details"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["input_tokens"] == read["text_tokens"] + read["audio_tokens"] + read["image_tokens"]
    assert usage["output_tokens"] == written["text_tokens"] + written["audio_tokens"]
    assert read["cached_tokens"] == sum(read["cached_tokens_details"].values()) > 0
    assert read["cached_tokens"] % 64 == 0
    assert written["audio_tokens"] > 0


def hoarse(text: str, voice: str, speed: float) -> bytes:
    raise RuntimeError("no voice")


async def test_a_failing_voice_fails_the_response_not_the_session(start_talk: Callable[..., Talk]) -> None:
    talk = start_talk(synthesize=hoarse)
    response = await talk.respond()
    assert (response["status"], response["status_details"]["error"]["code"]) == ("failed", "server_error")
    assert await talk.ask("thank you")


async def test_scripted_turns_come_in_order(talk: Talk) -> None:
    tool = {"name": "f", "arguments": {"a": 1}}
    talk.script_turns({"say": "First."}, {"tool": tool, "say": "Done."})
    assert await talk.ask("x") == "First."
    talk.write("y")
    call = (await talk.respond())["output"][0]
    assert (call["name"], call["arguments"]) == ("f", '{"a": 1}')
    assert await talk.ask("z") == "Done."


async def test_an_out_of_band_answer_is_cut_without_an_item_to_truncate(talk: Talk) -> None:
    talk.play_on_track()
    await talk.respond(conversation="none")
    talk.send("output_audio_buffer.clear")
    assert talk.listener.all("conversation.item.truncated") == []
    assert len(talk.listener.all("output_audio_buffer.cleared")) == 1


@pytest.mark.parametrize("modality", ["text", "audio"])
async def test_nothing_to_say_is_an_answer_too(talk: Talk, modality: str) -> None:
    talk.script_turns({"say": ""})
    assert (await talk.respond(output_modalities=[modality]))["status"] == "completed"


async def test_closing_ends_everything_at_once(start_talk: Callable[..., Talk]) -> None:
    talk = start_talk(max_lead_seconds=2)
    talk.play_on_track()
    talk.write("count to one hundred")
    talk.send("response.create")
    await talk.listener.wait_for("output_audio_buffer.started")
    await talk.session.close()
    assert talk.listener.closed_with == 1000
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("response")] == []
