"""A phone call from ringing to its end, in the local run: real functions, a simulated person, G.711 in between."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from standins.local.site import Site, local_run
from standins.serving import ServerThread
from voicemint.google.control_bucket import ControlBucket

from .phone_calls import AGENT, CALLED, PHONE, STRANGER, write_phone_agent

THRIFTY = "+18005550101"
SECONDS = 40

Json = dict[str, Any]


@pytest.fixture(scope="module")
def site(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """With two agents that answer: one whose calls may cost a cent."""
    folder = tmp_path_factory.mktemp("phone")
    agents = write_phone_agent(folder / "agents")
    (agents / "thrifty.toml").write_text(f"{AGENT}max_call_cents = 1\n{PHONE.replace(CALLED, THRIFTY)}")
    context = local_run(folder / "run", environment={"AGENTS_FOLDER": str(agents)})
    yield servers.run(context.__aenter__())
    servers.run(context.__aexit__(None, None, None))


class Line:
    """The simulated telephone network in front of the site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._control = f"{site.openai_url}/_standin"
        self._http = requests.Session()
        self._http.headers.update(site.authorization)

    def says(self, *turns: Json) -> None:
        """What the agent says next."""
        self._http.post(f"{self._control}/script", json={"turns": turns}, timeout=5).raise_for_status()

    def forget(self) -> None:
        """What was to be said and was not."""
        self._http.delete(f"{self._control}/script", timeout=5).raise_for_status()

    def call(self, **asked: Any) -> Json:
        """Somebody calls; returns the call when it is over."""
        answer = self._http.post(f"{self._control}/calls", json=asked, timeout=5)
        answer.raise_for_status()
        call_id = answer.json()["id"]
        return until(lambda: self._ended(call_id))

    def _ended(self, call_id: str) -> Json | None:
        calls = self._http.get(f"{self._control}/calls", timeout=5).json()["calls"]
        call = next(call for call in calls if call["id"] == call_id)
        return None if call["state"] in ("ringing", "connected") else dict(call)

    def kept(self, call_id: str) -> list[Json]:
        """What the server has kept of the call, oldest first."""
        files = self._site.bucket.rglob(f"{call_id}/*.ndjson")
        entries = [json.loads(line)["server"] for file in files for line in file.read_text().splitlines()]
        return [entry["event"] for entry in sorted(entries, key=lambda entry: str(entry["at"]))]

    def is_released(self, call_id: str) -> bool:
        cloud = self._site.cloud
        bucket = ControlBucket(
            cloud["CONTROL_BUCKET"],
            storage_url=cloud["STORAGE_EMULATOR_HOST"],
            metadata_host=cloud["GCE_METADATA_HOST"],
        )
        return bucket.read(f"phone/ended/{call_id}") is not None


@pytest.fixture
def line(site: Site) -> Iterator[Line]:
    line = Line(site)
    yield line
    line.forget()


def until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return value


def test_a_call_is_answered_speaks_is_understood_written_down_and_hung_up(line: Line) -> None:
    line.says({"say": "Can you hear me?"}, {"say": "Where are you?"})
    call = line.call(says=["Hello, how are you today?"], hangs_up=True)
    assert call["state"] == "the caller hung up"
    assert "hear me" in call["heard"][0]  # the agent speaks first
    assert "are you" in call["heard"][-1]
    until(lambda: line.is_released(call["id"]))
    kept = line.kept(call["id"])
    said = [event["transcript"] for event in kept if event["type"].endswith("transcription.completed")]
    spoken = [event["transcript"] for event in kept if event["type"] == "response.output_audio_transcript.done"]
    assert ["how are you" in text for text in said] == [True]
    assert spoken == ["Can you hear me?", "Where are you?"]


def test_a_call_is_transferred_to_a_named_target(line: Line) -> None:
    line.says({"tool": {"name": "transfer_call", "arguments": {"to": "front-desk"}}})
    assert line.call()["state"] == "referred to tel:+18005550199"


def test_a_call_that_has_cost_what_it_may_is_hung_up(line: Line) -> None:
    line.says({"say": "One two three four five six seven eight nine ten. " * 3})
    call = line.call(to=THRIFTY)
    assert call["state"] == "hung up"
    until(lambda: line.is_released(call["id"]))


def test_a_stranger_hears_nobody(line: Line) -> None:
    call = line.call(**{"from": STRANGER}, says=["Hello?"])
    assert (call["state"], call["heard"]) == ("rejected with 603", [])
