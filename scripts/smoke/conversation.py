"""The steps that talk to the model: a text turn over WebSocket with the client secret, and a call over WebRTC."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import numpy as np
from aiortc import AudioStreamTrack, MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from .site import MAX_JSON_BYTES, Visit, expect_status, read_capped
from .steps import StepFailed, within

CALLS = "/api/calls"
MAX_EVENT_BYTES = 1024 * 1024
ANSWER_SECONDS = 20
CONNECT_SECONDS = 15
CLOSE_SECONDS = 5
# Opus decodes silence to a handful; speech is in the thousands. 0.2 s of it is no click.
LOUD_RMS = 300
LOUD_FRAMES = 10
FRAME_MS = 20

TEXT_TURN = {
    "type": "response.create",
    "response": {
        "conversation": "none",
        "output_modalities": ["text"],
        "metadata": {"purpose": "smoke"},
        "input": [
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Say one encouraging sentence."}],
            }
        ],
    },
}
GREETING = (
    {
        "type": "conversation.item.create",
        "item": {
            "type": "message",
            "role": "system",
            "content": [{"type": "input_text", "text": "Greet the person in one short sentence."}],
        },
    },
    {"type": "response.create"},
)


async def check_text_turn(visit: Visit) -> str:
    """One out-of-band text response, with the credential where a browser has to put it: in the subprotocols."""
    secret = visit.minted
    url = "ws" + secret.calls_url.removeprefix("http").removesuffix("/calls") + "?" + urlencode({"model": secret.model})
    protocols = ("realtime", f"openai-insecure-api-key.{secret.value}")
    proxy = socket_proxy(secret.calls_url)
    try:
        async with visit.http.ws_connect(url, protocols=protocols, max_msg_size=MAX_EVENT_BYTES, proxy=proxy) as socket:
            if socket.protocol != "realtime":
                raise StepFailed(
                    expected="the WebSocket subprotocol realtime",
                    found=str(socket.protocol),
                    todo="Check that calls_url leads to the Realtime API.",
                )
            await socket.send_json(TEXT_TURN)
            answer = await within(ANSWER_SECONDS, "response.done", text_answer(_events(socket)), "Try again later.")
    except aiohttp.WSServerHandshakeError as error:
        raise StepFailed(
            expected=f"101 for the WebSocket {url}",
            found=str(error.status),
            todo="401: the client secret was refused; 404: the agent's model does not exist (any more).",
        ) from None
    return f"“{answer}”"


def socket_proxy(https_url: str) -> str | None:
    """The environment names a proxy for https, not for wss, which goes the same way. aiohttp does not know."""
    parts = urlsplit(https_url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


async def _events(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[dict[str, Any]]:
    async for message in socket:
        yield parse_event(message.data)
    raise StepFailed(
        expected="response.done", found=f"the WebSocket closed with {socket.close_code}", todo="Try again later."
    )


async def text_answer(events: AsyncIterator[dict[str, Any]]) -> str:
    """The text of the response that `events` bring; it has to be whole."""
    deltas, text = "", ""
    async for event in events:
        match event["type"]:
            case "response.output_text.delta":
                deltas += event["delta"]
            case "response.output_text.done":
                text = event["text"]
            case "response.done":
                expect_completed(event["response"])
                break
            case "error":
                raise refused(event)
    if not text.strip() or text != deltas:
        raise StepFailed(
            expected="response.output_text.delta events that add up to the text of response.output_text.done",
            found=f"{deltas!r} and {text!r}",
            todo="The API's events have changed: compare with its reference.",
        )
    return text


class Call:
    """A peer without a microphone: it sends silence, and keeps the server events and the loudness of what it hears."""

    def __init__(self) -> None:
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peer.addTrack(AudioStreamTrack())
        self._peer.on("track", self._hear)
        self._channel = self._peer.createDataChannel("oai-events")
        self._messages: asyncio.Queue[str] = asyncio.Queue()
        self._channel.on("message", self._messages.put_nowait)
        self._hearing: list[asyncio.Task[None]] = []
        self.speech_began_at: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def offer(self) -> str:
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return self._peer.localDescription.sdp

    async def accept(self, answer: str) -> None:
        await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def send(self, event: dict[str, Any]) -> None:
        self._channel.send(json.dumps(event))

    async def event(self, kind: str) -> dict[str, Any]:
        """The next server event of that type; those before it are passed over, an error is not."""
        while (event := parse_event(await self._messages.get()))["type"] != kind:
            if event["type"] == "error":
                raise refused(event)
        return event

    async def close(self) -> None:
        for task in self._hearing:
            task.cancel()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._peer.close(), CLOSE_SECONDS)

    def _hear(self, track: MediaStreamTrack) -> None:
        self._hearing.append(asyncio.ensure_future(self._measure(track)))

    async def _measure(self, track: MediaStreamTrack) -> None:
        """Read the track to its end, for one that is not read stops; say when speech began, once there is enough."""
        heard_at: list[float] = []
        with suppress(MediaStreamError):  # the track ended
            while True:
                samples = cast(AudioFrame, await track.recv()).to_ndarray().astype(np.float32)
                if np.sqrt(np.mean(samples**2)) >= LOUD_RMS:
                    heard_at.append(time.monotonic())
                if len(heard_at) == LOUD_FRAMES and not self.speech_began_at.done():
                    self.speech_began_at.set_result(heard_at[0])


async def check_call(visit: Visit) -> str:
    """Dial with the client secret."""
    secret = visit.minted
    return await talk(visit, secret.calls_url, {"Authorization": f"Bearer {secret.value}"})


async def check_call_of_the_server(visit: Visit) -> str:
    """Have the server dial: the unified interface."""
    return await talk(visit, f"{visit.url}{CALLS}?{urlencode({'agent': visit.agent})}", visit.headers)


async def talk(visit: Visit, url: str, headers: dict[str, str]) -> str:
    """Dial, be greeted, and hear it: the way of the page, without a page."""
    call = Call()
    try:
        dialled_at = time.monotonic()
        answer, ticket = await dial(visit, url, headers, await call.offer())
        await call.accept(answer)
        await within(CONNECT_SECONDS, "session.created", call.event("session.created"), "Is UDP to that host blocked?")
        for event in GREETING:
            call.send(event)
        transcript = await within(ANSWER_SECONDS, "a whole greeting", greeting(call), "Try again later.")
        sound = f"{LOUD_FRAMES * FRAME_MS} ms of sound on the track"
        began_at = await within(ANSWER_SECONDS, sound, call.speech_began_at, "Is UDP to that host blocked?")
        if ticket:
            await hang_up(visit, ticket)
        return f"first sound {(began_at - dialled_at) * 1000:.0f} ms after dialling: “{transcript}”"
    finally:
        await call.close()


async def dial(visit: Visit, url: str, headers: dict[str, str], offer: str) -> tuple[str, str]:
    """Post the SDP offer; the SDP answer, and the server's ticket where it gives one."""
    headers = {**headers, "Content-Type": "application/sdp"}
    async with visit.http.post(url, data=offer, headers=headers, allow_redirects=False) as response:
        body = await read_capped(response, MAX_JSON_BYTES)
    expect_status(response, body, {HTTPStatus.CREATED}, f"POST {url}")
    location = response.headers.get("Location", "")
    if not location.rpartition("/")[2].startswith("rtc_"):
        raise StepFailed(
            expected="a Location header that ends in the call's id, rtc_…",
            found=location or "no Location",
            todo="Without it a call cannot be hung up: check what answers there.",
        )
    return body.decode(), response.headers.get("Voicemint-Ticket", "")


async def hang_up(visit: Visit, ticket: str) -> None:
    url, body = f"{visit.url}{CALLS}/hangup", json.dumps({"ticket": ticket})
    headers = {**visit.headers, "Content-Type": "application/json"}
    async with visit.http.post(url, data=body, headers=headers, allow_redirects=False) as response:
        expect_status(response, await read_capped(response, MAX_JSON_BYTES), {HTTPStatus.NO_CONTENT}, f"POST {url}")


async def greeting(call: Call) -> str:
    """The transcript of the greeting, once the response is complete."""
    done = await call.event("response.output_audio_transcript.done")
    expect_completed((await call.event("response.done"))["response"])
    transcript = str(done["transcript"])
    if not transcript.strip():
        raise StepFailed(expected="a transcript", found="an empty one", todo="Try again later.")
    return transcript


def parse_event(text: str) -> dict[str, Any]:
    event = json.loads(text)
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise TypeError(f"a server event is an object with a type, not {text[:40]!r}")
    return event


def expect_completed(response: dict[str, Any]) -> None:
    if response["status"] != "completed":
        details = response.get("status_details") or {}
        error = details.get("error") or {}
        raise StepFailed(
            expected="a response with the status completed",
            found=" ".join(filter(None, (response["status"], details.get("reason"), error.get("code")))),
            todo=error.get("message") or "Try again later.",
        )


def refused(event: dict[str, Any]) -> StepFailed:
    """What an `error` event says."""
    error = event["error"]
    return StepFailed(
        expected="no error event", found=str(error.get("code") or error.get("type")), todo=error.get("message") or ""
    )
