"""Phone calls that ring at OpenAI's stand-in, and the webhooks that tell of them, signed by a library of others."""

import base64
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from flask.testing import FlaskClient
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

SECRET = "whsec_" + base64.b64encode(b"the secret of the phone's tests!").decode()
CALLED, CALLER, STRANGER = "+18005550100", "+14155550123", "+4366012345678"
PHONE = f"""
[phone]
numbers = ["{CALLED}"]
callers = ["{CALLER}"]
hours = "always"
max_calls = 2
max_minutes_per_day = 60
[phone.transfers]
front-desk = "tel:+18005550199"
"""
AGENT = """
label = "Assistant"
instructions = "Answer the phone."
greeting = "Greet the caller."
model = "gpt-realtime-2.1"
voice = "marin"
max_call_minutes = 30
"""


class Telephone:
    """The telephone network in front of OpenAI's stand-in."""

    def __init__(self, openai_url: str) -> None:
        self._url = openai_url

    def rings(self, caller: str | None = CALLER, called: str | None = CALLED, **asked: Any) -> dict[str, Any]:
        """A call rings; returns the data of the event that OpenAI makes of it."""
        answer = requests.post(f"{self._url}/_standin/calls", json={"from": caller, "to": called, **asked}, timeout=5)
        answer.raise_for_status()
        headers = [{"name": "From", "value": f"<sip:{caller}@h>"}] if caller else []
        headers += [{"name": "To", "value": f"<sip:{called}@h>"}] if called else []
        return {"call_id": answer.json()["id"], "sip_headers": headers}

    def state_of(self, data: Mapping[str, Any]) -> str:
        calls = requests.get(f"{self._url}/_standin/calls", timeout=5).json()["calls"]
        return str(next(call["state"] for call in calls if call["id"] == data["call_id"]))


def event(data: object, event_type: str = "realtime.call.incoming") -> bytes:
    return json.dumps({"object": "event", "id": "evt_1", "type": event_type, "created_at": 1, "data": data}).encode()


def signed(body: bytes, webhook_id: str, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers of one delivery."""
    now = datetime.fromtimestamp(int(time.time() if at is None else at), UTC)
    signature = Webhook(secret).sign(webhook_id, now, body.decode())
    return {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


def deliver(client: FlaskClient, data: object, webhook_id: str) -> TestResponse:
    body = event(data)
    return client.post("/api/phone", data=body, headers=signed(body, webhook_id))


def write_phone_agent(folder: Path, phone: str = PHONE) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "assistant.toml").write_text(AGENT + phone)
    return folder
