"""Hearing: voice activity, turns, transcription, barge-in, push to talk."""

import base64
from collections.abc import Callable

import pytest

from .talking import LOUD, QUIET, Talk

pytestmark = pytest.mark.asyncio

TRANSCRIBED = {"audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}
PUSH_TO_TALK = {"audio": {"input": {"turn_detection": None}}}


async def test_the_events_of_a_spoken_turn(talk: Talk) -> None:
    talk.update(**TRANSCRIBED)
    talk.listener.clear()
    talk.session.hear(QUIET + LOUD + QUIET)
    await talk.listener.wait_for("response.done")
    first = [type_ for type_ in talk.listener.types if not type_.startswith("response.")]
    assert first[:7] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
    ]
    (item_id,) = {event["item_id"] for event in talk.listener.events[:3]}
    assert talk.listener.all("conversation.item.added")[0]["item"]["content"] == [
        {"type": "input_audio", "transcript": None}
    ]
    completed = talk.listener.last("conversation.item.input_audio_transcription.completed")
    assert (completed["item_id"], completed["transcript"]) == (item_id, "hello there")
    assert completed["usage"]["type"] == "duration"
    assert "Hello! How can I help you?" in talk.listener.said()


async def test_the_start_of_speech_is_where_it_was_in_the_audio(talk: Talk) -> None:
    talk.session.hear(QUIET + LOUD + QUIET)
    started = talk.listener.last("input_audio_buffer.speech_started")["audio_start_ms"]
    stopped = talk.listener.last("input_audio_buffer.speech_stopped")["audio_end_ms"]
    assert 1000 - 300 - 40 <= started <= 1000
    assert 1600 <= stopped <= 1600 + 500 + 40


async def test_tokens_are_counted_where_the_model_is_billed_by_tokens(talk: Talk) -> None:
    talk.update(audio={"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}})
    talk.session.hear(LOUD + QUIET)
    name = "conversation.item.input_audio_transcription.completed"
    usage = (await talk.listener.wait_for(name))["usage"]
    assert usage["input_tokens"] == usage["input_token_details"]["audio_tokens"] > 0


async def test_understands_without_being_asked_to_transcribe(start_talk: Callable[..., Talk]) -> None:
    talk = start_talk(heard="what is two plus three")
    talk.session.hear(LOUD + QUIET)
    response = (await talk.listener.wait_for("response.done"))["response"]
    assert talk.listener.said().endswith("2 plus 3 is 5.")
    assert response["usage"]["input_token_details"]["audio_tokens"] > 0
    assert not any("transcription" in type_ for type_ in talk.listener.types)


async def test_a_transcript_is_kept_in_the_item(talk: Talk) -> None:
    talk.update(**TRANSCRIBED)
    talk.session.hear(LOUD + QUIET)
    name = "conversation.item.input_audio_transcription.completed"
    item_id = (await talk.listener.wait_for(name))["item_id"]
    talk.send("conversation.item.retrieve", item_id=item_id)
    assert talk.listener.last("conversation.item.retrieved")["item"]["content"][0]["transcript"] == "hello there"


async def test_silence_and_a_click_are_no_speech(talk: Talk) -> None:
    talk.session.hear(QUIET + LOUD[: 48 * 40] + QUIET)
    assert talk.listener.types == ["session.created"]


@pytest.mark.parametrize(("threshold", "speaks"), [(0.0, True), (1.0, False)])
async def test_the_threshold_decides_what_is_speech(talk: Talk, threshold: float, speaks: bool) -> None:
    talk.update(audio={"input": {"turn_detection": {"type": "server_vad", "threshold": threshold}}})
    talk.session.hear(b"\x00\x01\x00\xff" * (len(LOUD) // 4))
    assert ("input_audio_buffer.speech_started" in talk.listener.types) is speaks


@pytest.mark.parametrize(("silence_ms", "ends"), [(200, True), (900, False)])
async def test_the_silence_that_ends_a_turn(talk: Talk, silence_ms: int, ends: bool) -> None:
    talk.update(audio={"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": silence_ms}}})
    talk.session.hear(LOUD + QUIET[: 48 * 600])
    assert ("input_audio_buffer.speech_stopped" in talk.listener.types) is ends


@pytest.mark.parametrize(("eagerness", "ends"), [("high", True), ("low", False)])
async def test_semantic_vad_waits_as_eagerly_as_asked(talk: Talk, eagerness: str, ends: bool) -> None:
    talk.update(audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": eagerness}}})
    talk.session.hear(LOUD + QUIET)
    assert ("input_audio_buffer.speech_stopped" in talk.listener.types) is ends


async def test_push_to_talk(talk: Talk) -> None:
    talk.update(**PUSH_TO_TALK)
    talk.send("input_audio_buffer.append", audio=base64.b64encode(LOUD + QUIET).decode())
    assert talk.listener.types == ["session.created", "session.updated"]
    talk.send("input_audio_buffer.commit")
    assert talk.listener.types[2:] == [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    await talk.respond()
    assert "Hello! How can I help you?" in talk.listener.said()


async def test_cleared_audio_is_forgotten(talk: Talk) -> None:
    talk.update(**PUSH_TO_TALK)
    talk.session.hear(LOUD)
    talk.send("input_audio_buffer.clear")
    talk.send("input_audio_buffer.commit")
    assert talk.listener.types[-2:] == ["input_audio_buffer.cleared", "error"]


async def test_no_answer_where_none_shall_be_created(talk: Talk) -> None:
    talk.update(audio={"input": {"turn_detection": {"type": "server_vad", "create_response": False}}})
    talk.session.hear(LOUD + QUIET)
    assert talk.listener.types[-1] == "conversation.item.done"


async def test_barge_in_cuts_the_answer_where_it_was(start_talk: Callable[..., Talk]) -> None:
    talk = start_talk(max_lead_seconds=2)
    talk.play_on_track()
    talk.write("count to fifty")
    talk.send("response.create")
    await talk.listener.wait_for("output_audio_buffer.started")
    await talk.play(1500)
    talk.listener.clear()
    talk.session.hear(LOUD)
    assert [type_ for type_ in talk.listener.types if not type_.startswith("response.output")] == [
        "input_audio_buffer.speech_started",
        "output_audio_buffer.cleared",
        "response.content_part.done",
        "conversation.item.done",
        "response.done",
        "rate_limits.updated",
        "conversation.item.truncated",
    ]
    response = talk.listener.last("response.done")["response"]
    assert (response["status"], response["status_details"]["reason"]) == ("cancelled", "turn_detected")
    assert talk.listener.last("conversation.item.truncated")["audio_end_ms"] == 1500
    assert not any(await talk.play(500))


async def test_barge_in_also_cuts_what_was_written_but_not_yet_heard(talk: Talk) -> None:
    talk.play_on_track()
    await talk.respond()
    await talk.play(500)
    talk.session.hear(LOUD)
    assert talk.listener.last("conversation.item.truncated")["audio_end_ms"] == 500
    assert len(talk.listener.all("response.done")) == 1


async def test_barge_in_at_the_last_moment_of_a_long_answer(start_talk: Callable[..., Talk]) -> None:
    def odd(text: str, voice: str, speed: float) -> bytes:
        return b"\x00\x10" * 2417 * len(text.split())

    talk = start_talk(synthesize=odd)
    talk.play_on_track()
    talk.write("count to one hundred")
    await talk.respond()
    words = len(talk.listener.said().split())
    await talk.play(words * 2417 * 1000 // 24_000 // 20 * 20)
    talk.session.hear(LOUD)
    assert talk.listener.types[-2:] == ["output_audio_buffer.cleared", "conversation.item.truncated"]


@pytest.mark.parametrize("gone", ["delete", "truncate"])
async def test_barge_in_into_an_item_the_client_changed(talk: Talk, gone: str) -> None:
    talk.play_on_track()
    item_id = (await talk.respond())["output"][0]["id"]
    more = {"content_index": 0, "audio_end_ms": 0} if gone == "truncate" else {}
    talk.send(f"conversation.item.{gone}", item_id=item_id, **more)
    await talk.play(500)
    talk.session.hear(LOUD)
    assert talk.listener.types[-1] == "output_audio_buffer.cleared"


async def test_no_barge_in_where_it_is_switched_off(start_talk: Callable[..., Talk]) -> None:
    talk = start_talk(max_lead_seconds=2)
    talk.play_on_track()
    talk.update(audio={"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}})
    talk.write("count to fifty")
    talk.send("response.create")
    await talk.listener.wait_for("output_audio_buffer.started")
    talk.session.hear(LOUD + QUIET)
    assert talk.listener.all("output_audio_buffer.cleared") == []
    assert talk.listener.last("error")["error"]["code"] == "conversation_already_has_active_response"


async def test_idle_timeout_asks_the_assistant_to_go_on(talk: Talk) -> None:
    talk.play_on_track()
    detection = {"type": "server_vad", "idle_timeout_ms": 5000}
    talk.update(audio={"input": {"turn_detection": detection}})
    talk.send("response.create")
    await talk.listener.wait_for("output_audio_buffer.started")
    while "output_audio_buffer.stopped" not in talk.listener.types:
        await talk.play(1000)
    talk.session.hear(QUIET * 6)
    timeout = talk.listener.last("input_audio_buffer.timeout_triggered")
    assert timeout["audio_end_ms"] - timeout["audio_start_ms"] == 5000
    await talk.listener.wait_for("response.done", count=2)


async def test_scripted_hearing_waits_for_a_spoken_turn(talk: Talk) -> None:
    talk.update(**TRANSCRIBED)
    talk.script_turns({"heard": "Exactly this.", "say": "And that."})
    assert await talk.ask("thank you") != "And that."
    talk.session.hear(LOUD + QUIET)
    await talk.listener.wait_for("response.done", count=2)
    name = "conversation.item.input_audio_transcription.completed"
    assert talk.listener.last(name)["transcript"] == "Exactly this."
    assert talk.listener.said() == "And that."


async def test_a_push_to_talk_turn_in_which_nothing_was_said_has_no_words_and_no_answer(talk: Talk) -> None:
    talk.update(audio={"input": {"turn_detection": None, "transcription": {"model": "gpt-transcribe"}}})
    talk.hearing.heard = "dog"
    talk.session.hear(QUIET)
    talk.send("input_audio_buffer.commit")
    talk.send("response.create")
    response = (await talk.listener.wait_for("response.done"))["response"]
    assert (response["status"], response["output"]) == ("completed", [])


async def test_the_conversations_own_words_are_told_to_the_recogniser(talk: Talk) -> None:
    transcription = {"model": "gpt-transcribe", "prompt": "A garage: open the gate.", "keywords": ["Margherita"]}
    tools = [{"type": "function", "name": "open_garage", "parameters": {"type": "object", "properties": {}}}]
    talk.update(audio={"input": {"transcription": transcription}}, tools=tools)
    talk.session.hear(LOUD + QUIET)
    await talk.listener.wait_for("response.done")
    assert talk.hearing.likely == ["margherita", "a garage", "open the gate", "open garage"]
