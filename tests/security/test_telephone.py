"""Nothing that OpenAI did not sign is acted on, nothing twice, and no call is sent anywhere but to a named target."""

import json
import tomllib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from standins.google import cloud_tasks as google_cloud_tasks
from standins.google.cloud_tasks.queue import QueueConfig
from standins.serving import ServerThread
from voicemint.agents.call_mode import CallMode
from voicemint.agents.phone_table import parse_phone
from voicemint.calls.call import KnownCall
from voicemint.monitor.phone import transfer
from voicemint.openai.api import OpenAIApi
from voicemint.secrets.openai_key import ApiKey

from ..functions.conftest import LoadFunction
from ..functions.phone_calls import PHONE, SECRET, Telephone, event, signed, write_phone_agent
from .conftest import Figure, Upstream
from .forgery import BITS_FLIPPED, Webhook, forged_webhooks, single_bit_flips, take

FORGERIES = 10_000
REPLAYS = 10_000
INSTANCES = 2
CLIENTS = 8
HOSTILE_TARGETS = 500
ASKED_AGAIN = {"in_progress", "control_unavailable"}  # OpenAI sends again what nobody has answered with 2xx

Load = Callable[[], FlaskClient]


@pytest.fixture
def load_phone(load_function: LoadFunction, servers: ServerThread, tmp_path: Path) -> Load:
    """An instance that answers a phone call from CALLER; each call of this makes another one."""
    tasks = google_cloud_tasks.create_app({"calls": QueueConfig(min_backoff=3600)}, project="test-project")
    tasks_url = servers.serve(tasks)
    secret_file = tmp_path / "webhook-secret"
    secret_file.write_text(SECRET)
    environment = {
        "AGENTS_FOLDER": str(write_phone_agent(tmp_path / "agents")),
        "OPENAI_WEBHOOK_SECRET_FILE": str(secret_file),
        "PROJECT_ID": "test-project",
        "CLOUD_TASKS_URL": tasks_url,
        "WATCH_CALL_URL": "http://127.0.0.1:9/",
    }
    return lambda: load_function("answer_phone", **environment)


def send(client: FlaskClient, webhook: Webhook) -> int:
    """Straight into the WSGI environment: a client would refuse to send some of it."""
    headers, body = webhook
    environment = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    answer = client.post("/api/phone", data=body, content_type="application/json", environ_overrides=environment)
    return answer.status_code


def test_no_forged_webhook_is_acted_on(
    load_phone: Load, openai_url: str, asked_of_openai: Upstream, figure: Figure
) -> None:
    client = load_phone()
    telephone = Telephone(openai_url)
    data = telephone.rings()
    body = event(data)
    statuses = Counter(send(client, webhook) for webhook in take(forged_webhooks(SECRET, body), FORGERIES))
    assert statuses == {401: FORGERIES}
    assert (asked_of_openai(), telephone.state_of(data)) == (0, "ringing")
    figure("forged webhooks", f"{FORGERIES} sent, 0 accepted, 0 requests to OpenAI")


def test_no_bit_of_a_webhook_can_be_changed(
    load_phone: Load, openai_url: str, asked_of_openai: Upstream, figure: Figure
) -> None:
    client = load_phone()
    telephone = Telephone(openai_url)
    data = telephone.rings()
    headers, body = signed(event(data), "wh_bits"), event(data)
    del headers["Content-Type"]
    parts = {**headers, "body": body.decode()}
    whole = "\n".join(parts.values())
    flipped = 0
    for text in single_bit_flips(whole):
        changed = text.split("\n", 3)
        if len(changed) != len(parts):
            continue  # the bit made or unmade a line: no header holds one
        *values, changed_body = changed
        assert send(client, (dict(zip(headers, values, strict=True)), changed_body.encode("latin-1"))) == 401
        flipped += 1
    for text in single_bit_flips(headers["webhook-signature"]):
        assert send(client, ({**headers, "webhook-signature": text}, body)) == 401
    assert flipped >= BITS_FLIPPED - 8
    assert asked_of_openai() == 0
    assert send(client, (headers, body)) == 200  # it was a good one
    figure("single bits flipped in a webhook", f"{flipped + BITS_FLIPPED}, 0 accepted")


def test_a_webhook_that_is_replayed_has_one_effect(
    load_phone: Load, openai_url: str, asked_of_openai: Upstream, figure: Figure
) -> None:
    instances = [load_phone() for _ in range(INSTANCES)]
    telephone = Telephone(openai_url)
    data = telephone.rings()
    body = event(data)
    headers = signed(body, "wh_replayed")

    def replay(number: int) -> str:
        client = instances[number % INSTANCES].application.test_client()
        answer = client.post("/api/phone", data=body, headers=headers)
        return str(answer.json.get("outcome") or answer.json["error"]["code"])

    with ThreadPoolExecutor(CLIENTS) as threads:
        outcomes = Counter(threads.map(replay, range(REPLAYS)))
    assert outcomes["accepted"] == 1
    assert set(outcomes) <= {"accepted", "repeated", *ASKED_AGAIN}
    assert (asked_of_openai(), telephone.state_of(data)) == (1, "connected")
    figure(f"replays of a webhook, to {INSTANCES} instances", f"{REPLAYS} sent, 1 effect")


def hostile_arguments() -> list[str]:
    """What a model that was talked into it may say to the transfer tool."""
    uris = [
        *(f"tel:+1900555{number:04d}" for number in range(100)),
        *(f"tel:+{country}900123456" for country in (7, 44, 53, 88, 92, 232, 252, 371, 870, 881, 882, 883, 979)),
        *(f"sip:evil{number}@evil.example" for number in range(60)),
        *(
            "tel:911",
            "tel:112",
            "sip:911@trunk",
            "tel:+18005550199;ext=1",
            "tel:+18005550199\r\nX: y",
            "TEL:+18005550199",
        ),
        *(
            "http://evil.example",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "//evil",
            "sip:",
            "tel:",
            "urn:service:sos",
        ),
        *("front-desk\0", "Front-Desk", " front-desk", "front-desk ", "front_desk", "front-desk;x", "../front-desk"),
        *("front-desk,front-desk", "front-desk\n", "fr\u043ent-desk", "\uff46ront-desk", "__class__", "transfers", "*"),
    ]
    said: list[Any] = [{"to": uri} for uri in uris]
    said += [{"target_uri": uri} for uri in uris]
    said += [{"to": "nobody", "target_uri": uri, "uri": uri} for uri in uris]
    said += [{"to": value} for value in (None, True, 7, [], {}, ["front-desk"], {"to": "front-desk"}, "", 1e308)]
    raw = ["", "null", "[]", "{", '"front-desk"', "NaN", "[" * 5000, '{"to":"front-desk"' + " " * 2000 + "}", "\x00"]
    return [*map(json.dumps, said), *raw][:HOSTILE_TARGETS]


def test_no_hostile_transfer_reaches_openai(
    openai_url: str, api_key_file: Path, asked_of_openai: Upstream, figure: Figure
) -> None:
    openai = OpenAIApi(f"{openai_url}/v1", ApiKey(api_key_file, None))
    line = parse_phone("assistant.toml", tomllib.loads(PHONE)["phone"])
    call_id = Telephone(openai_url).rings()["call_id"]
    openai.accept(call_id, {"type": "realtime"}, safety_identifier="s")
    call = KnownCall(call_id=call_id, person_id="p", agent="assistant", setup=CallMode.PHONE, started_at=0, deadline=1)
    before = asked_of_openai()
    hostile = hostile_arguments()
    assert len(hostile) == HOSTILE_TARGETS
    told = [json.loads(transfer(openai, call, line, arguments)) for arguments in hostile]
    assert [answer for answer in told if "error" not in answer] == []
    assert asked_of_openai() == before
    assert json.loads(transfer(openai, call, line, '{"to": "front-desk"}')) == {"transferred": True}
    states = {
        each["id"]: each["state"] for each in requests.get(f"{openai_url}/_standin/calls", timeout=5).json()["calls"]
    }
    assert states[call_id] == "referred to tel:+18005550199"
    figure("hostile targets of a transfer", f"{HOSTILE_TARGETS} asked for, 0 reached OpenAI")
