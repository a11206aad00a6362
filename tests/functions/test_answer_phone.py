"""Phone calls: who is answered, who is not, once each, never without a deadline, within the line's limits."""

import base64
import io
import json
import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from standins.google import cloud_tasks as google_cloud_tasks
from standins.google.cloud_tasks.queue import QueueConfig
from standins.serving import ServerThread
from voicemint.control.stop_switch import CONTROL_OBJECT, ControlState
from voicemint.google.control_bucket import ControlBucket
from voicemint.phone.capacity import release
from voicemint.phone.webhook_dedup import ATTEMPT_SECONDS, MAX_ATTEMPTS, PREFIX

from .conftest import LoadFunction, json_lines, seen_by_alert, use_minutes, write_control
from .phone_calls import (
    CALLED,
    CALLER,
    PHONE,
    SECRET,
    STRANGER,
    Telephone,
    deliver,
    event,
    signed,
    write_phone_agent,
)

LoadPhone = Callable[..., FlaskClient]
WebhookId = Callable[[], str]


@pytest.fixture
def telephone(openai_url: str) -> Telephone:
    return Telephone(openai_url)


@pytest.fixture
def webhook_id() -> WebhookId:
    return lambda: f"wh_{os.urandom(8).hex()}"


@pytest.fixture
def tasks_url(servers: ServerThread) -> str:
    """Cloud Tasks, whose tasks reach nobody: what watch_call makes of them is its own tests' matter."""
    patient = QueueConfig(min_backoff=3600)
    return servers.serve(google_cloud_tasks.create_app({"calls": patient}, project="test-project"))


@pytest.fixture
def load_phone(load_function: LoadFunction, tasks_url: str, tmp_path: Path) -> LoadPhone:
    def load(phone: str = PHONE, secret: str | None = SECRET, **environment: str) -> FlaskClient:
        secret_file = tmp_path / "webhook-secret"
        if secret is not None:
            secret_file.write_text(secret)
        return load_function(
            "answer_phone",
            **{
                "AGENTS_FOLDER": str(write_phone_agent(tmp_path / "agents", phone)),
                "OPENAI_WEBHOOK_SECRET_FILE": str(secret_file),
                "PROJECT_ID": "test-project",
                "CLOUD_TASKS_URL": tasks_url,
                "WATCH_CALL_URL": "http://127.0.0.1:9/",
                **environment,
            },
        )

    return load


@pytest.fixture
def client(load_phone: LoadPhone) -> FlaskClient:
    return load_phone()


@pytest.fixture
def asked(openai_url: str) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What reached OpenAI in this test."""
    log = f"{openai_url}/_standin/requests"
    requests.delete(log, timeout=5)
    yield lambda: list(requests.get(log, timeout=5).json()["requests"])
    requests.delete(log, timeout=5)


@pytest.fixture
def arm(openai_url: str) -> Iterator[Callable[..., None]]:
    faults = f"{openai_url}/_standin/faults"

    def arm(path: str, fault: str, **options: object) -> None:
        requests.post(faults, json={"path": path, "fault": fault, **options}, timeout=5).raise_for_status()

    yield arm
    requests.delete(faults, timeout=5)


def task_names(tasks_url: str) -> list[str]:
    queue = f"{tasks_url}/v2/projects/test-project/locations/us-central1/queues/calls/tasks"
    answer = requests.get(queue, headers={"Authorization": "Bearer t"}, timeout=5).json()
    return sorted(task["name"].rpartition("/")[2] for task in answer.get("tasks", []))


def objects_written(control_bucket: ControlBucket) -> list[str]:
    """All but the one that every control bucket has."""
    return [name for name in control_bucket.list("") if name != CONTROL_OBJECT]


def outcome(client: FlaskClient, data: object, webhook_id: str) -> str:
    answer = deliver(client, data, webhook_id)
    assert answer.status_code == 200, answer.text
    return str(answer.json["outcome"])


def test_a_call_is_accepted_as_the_agent_and_given_a_deadline(
    client: FlaskClient,
    telephone: Telephone,
    webhook_id: WebhookId,
    asked: Callable[[], list[dict[str, Any]]],
    tasks_url: str,
    control_bucket: ControlBucket,
) -> None:
    data = telephone.rings()
    assert outcome(client, data, webhook_id()) == "accepted"
    assert telephone.state_of(data) == "connected"
    (request,) = asked()
    assert request["session_config"]["instructions"] == "Answer the phone."
    assert request["session_config"]["tools"][0]["parameters"]["properties"]["to"]["enum"] == ["front-desk"]
    assert "OpenAI-Safety-Identifier" in request["headers"]
    call_id = data["call_id"]
    assert task_names(tasks_url) == [f"{call_id}-end-0", f"{call_id}-watch-0"]
    bound = json.loads(control_bucket.read(f"calls/{call_id}.json") or b"")
    assert (bound["setup"], bound["agent"], bound["person_id"]) == ("phone", "assistant", "phone-assistant")
    assert bound["deadline"] - bound["started_at"] == 1800


def test_a_call_is_no_longer_than_what_is_left_of_the_month(
    load_phone: LoadPhone, telephone: Telephone, webhook_id: WebhookId, control_bucket: ControlBucket
) -> None:
    use_minutes(control_bucket, 3, "phone-assistant")
    data = telephone.rings()
    assert outcome(load_phone(MONTHLY_MINUTES="5"), data, webhook_id()) == "accepted"
    bound = json.loads(control_bucket.read(f"calls/{data['call_id']}.json") or b"")
    assert bound["deadline"] - bound["started_at"] == 120


@pytest.mark.parametrize(
    ("caller", "called", "state"),
    [
        (STRANGER, CALLED, "rejected with 603"),
        (None, CALLED, "rejected with 603"),
        (CALLER, "+18005550101", "rejected with 603"),
        (CALLER, None, "rejected with 603"),
    ],
    ids=["a stranger", "no number", "another number", "no called number"],
)
def test_who_is_not_let_in_is_declined(
    client: FlaskClient,
    telephone: Telephone,
    webhook_id: WebhookId,
    tasks_url: str,
    control_bucket: ControlBucket,
    caller: str | None,
    called: str | None,
    state: str,
) -> None:
    data = telephone.rings(caller, called)
    assert outcome(client, data, webhook_id()) == "rejected"
    assert telephone.state_of(data) == state
    assert task_names(tasks_url) == []
    assert objects_written(control_bucket) == []


def test_without_a_phone_table_every_call_is_declined(
    load_phone: LoadPhone, telephone: Telephone, webhook_id: WebhookId
) -> None:
    data = telephone.rings()
    assert outcome(load_phone(phone=""), data, webhook_id()) == "rejected"
    assert telephone.state_of(data) == "rejected with 603"


def test_outside_the_hours_it_is_busy(
    load_phone: LoadPhone, telephone: Telephone, webhook_id: WebhookId, control_bucket: ControlBucket
) -> None:
    """Of a day that is yesterday everywhere for as long as a test takes."""
    from datetime import UTC, datetime, timedelta

    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(datetime.now(UTC) - timedelta(days=3)).weekday()]
    hours = f'[{{ days = ["{day}"], from = "08:00", until = "18:00" }}]\ntime_zone = "Europe/Vienna"'
    data = telephone.rings()
    assert outcome(load_phone(PHONE.replace('"always"', hours)), data, webhook_id()) == "rejected"
    assert telephone.state_of(data) == "rejected with 486"
    assert objects_written(control_bucket) == []


def test_a_stop_is_in_force_on_the_telephone_too(
    client: FlaskClient,
    telephone: Telephone,
    webhook_id: WebhookId,
    control_bucket: ControlBucket,
    storage_url: str,
    tasks_url: str,
) -> None:
    write_control(control_bucket, storage_url, ControlState(stopped=True))
    data = telephone.rings()
    assert outcome(client, data, webhook_id()) == "rejected"
    assert telephone.state_of(data) == "rejected with 486"
    assert task_names(tasks_url) == []


@pytest.mark.parametrize(
    ("limit", "setting"), [("DAILY_LIMIT", "1"), ("INSTANCE_PER_MINUTE", "1"), ("PERSON_PER_MINUTE", "1")]
)
def test_every_limit_of_the_other_ways_in_holds(
    load_phone: LoadPhone,
    telephone: Telephone,
    webhook_id: WebhookId,
    log_output: io.StringIO,
    limit: str,
    setting: str,
) -> None:
    client = load_phone(**{limit: setting})
    assert outcome(client, telephone.rings(), webhook_id()) == "accepted"
    data = telephone.rings()
    assert outcome(client, data, webhook_id()) == "rejected"
    assert telephone.state_of(data) == "rejected with 486"
    assert len(seen_by_alert("daily-limit-reached", log_output.getvalue())) == (limit == "DAILY_LIMIT")


def test_no_more_calls_at_once_than_the_line_takes_until_one_has_ended(
    client: FlaskClient, telephone: Telephone, webhook_id: WebhookId, control_bucket: ControlBucket
) -> None:
    first, second, third, fourth = (telephone.rings() for _ in range(4))
    assert [outcome(client, data, webhook_id()) for data in (first, second, third)] == [
        "accepted",
        "accepted",
        "rejected",
    ]
    assert telephone.state_of(third) == "rejected with 486"
    release(control_bucket, first["call_id"])
    assert outcome(client, fourth, webhook_id()) == "accepted"


def test_of_many_calls_at_once_exactly_as_many_are_accepted(
    load_phone: LoadPhone, telephone: Telephone, webhook_id: WebhookId
) -> None:
    client = load_phone(PHONE.replace("max_calls = 2", "max_calls = 5").replace("= 60", "= 1440"))
    rung = [(telephone.rings(), webhook_id()) for _ in range(20)]
    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(lambda each: outcome(client.application.test_client(), each[0], each[1]), rung))
    assert outcomes.count("accepted") == 5
    assert outcomes.count("rejected") == 15


def test_a_call_is_as_long_as_the_days_minutes_allow_and_none_comes_after_them(
    load_phone: LoadPhone, telephone: Telephone, webhook_id: WebhookId, control_bucket: ControlBucket
) -> None:
    client = load_phone(PHONE.replace("= 60", "= 40").replace("max_calls = 2", "max_calls = 9"))
    seconds = []
    for _ in range(2):
        data = telephone.rings()
        assert outcome(client, data, webhook_id()) == "accepted"
        bound = json.loads(control_bucket.read(f"calls/{data['call_id']}.json") or b"")
        seconds.append(bound["deadline"] - bound["started_at"])
    assert seconds == [1800, 600]
    last = telephone.rings()
    assert outcome(client, last, webhook_id()) == "rejected"
    release(control_bucket, data["call_id"])  # after seconds: of ten minutes one is used
    assert outcome(client, telephone.rings(), webhook_id()) == "accepted"


@pytest.mark.parametrize("event_type", ["live.transport.incoming", "response.completed", "nobody.knows", ""])
def test_another_kind_of_event_is_taken_and_nothing_is_done(
    client: FlaskClient,
    telephone: Telephone,
    webhook_id: WebhookId,
    asked: Callable[[], list[dict[str, Any]]],
    event_type: str,
) -> None:
    data = telephone.rings()
    body = event(data, event_type)
    answer = client.post("/api/phone", data=body, headers=signed(body, webhook_id()))
    assert (answer.status_code, answer.json) == (200, {"outcome": "ignored"})
    assert asked() == []


def test_an_unsigned_event_of_an_unknown_kind_is_told_nothing(client: FlaskClient) -> None:
    answer = client.post("/api/phone", data=event({}, "nobody.knows"), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "invalid_signature")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"type":7}', b'{"type":"realtime.call.incoming"}', b"\xff",
     event({"call_id": "../files"}), event({"call_id": None}), event([])],
    ids=repr,
)  # fmt: skip
def test_a_signed_event_of_another_form_is_refused_and_nothing_is_done(
    client: FlaskClient, webhook_id: WebhookId, asked: Callable[[], list[dict[str, Any]]], body: bytes
) -> None:
    from voicemint.openai.webhooks import sign

    headers = {**signed(b"", webhook_id()), "webhook-id": "wh_1"}
    headers["webhook-signature"] = sign(SECRET, "wh_1", int(headers["webhook-timestamp"]), body)
    answer = client.post("/api/phone", data=body, headers=headers)
    assert answer.status_code == 400
    assert asked() == []


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/phone", data=b" " * (64 * 1024), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("secret", [None, "", "whsec_", "\n", SECRET + " x"], ids=repr)
def test_without_a_usable_secret_nothing_is_accepted_and_the_log_says_why(
    load_phone: LoadPhone,
    telephone: Telephone,
    webhook_id: WebhookId,
    asked: Callable[[], list[dict[str, Any]]],
    log_output: io.StringIO,
    secret: str | None,
) -> None:
    client = load_phone(secret=secret)
    data = telephone.rings()
    answer = deliver(client, data, webhook_id())
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "invalid_signature")
    assert asked() == []
    errors = [line["message"] for line in json_lines(log_output.getvalue()) if line["severity"] == "ERROR"]
    assert errors
    assert all("cannot be used" in message for message in errors)


def test_no_number_and_no_secret_is_in_the_log(
    client: FlaskClient, telephone: Telephone, webhook_id: WebhookId, log_output: io.StringIO
) -> None:
    for caller in (CALLER, STRANGER):
        outcome(client, telephone.rings(caller), webhook_id())
    printed = log_output.getvalue()
    assert [line["outcome"] for line in json_lines(printed) if line["message"] == "phone call"] == [
        "accepted",
        "rejected",
    ]
    assert not any(canary in printed for canary in (CALLER[1:], STRANGER[1:], CALLED[1:], SECRET[6:]))


def test_a_repeated_delivery_is_taken_and_has_no_effect(
    client: FlaskClient,
    load_phone: LoadPhone,
    telephone: Telephone,
    webhook_id: WebhookId,
    asked: Callable[[], list[dict[str, Any]]],
) -> None:
    data, same = telephone.rings(), webhook_id()
    assert [outcome(client, data, same) for _ in range(3)] == ["accepted", "repeated", "repeated"]
    assert outcome(load_phone(), data, same) == "repeated"  # another instance
    assert len(asked()) == 1


def test_a_stranger_who_rings_leaves_no_object_however_often_it_is_told(
    client: FlaskClient, telephone: Telephone, webhook_id: WebhookId, control_bucket: ControlBucket
) -> None:
    data, same = telephone.rings(STRANGER), webhook_id()
    assert [outcome(client, data, same) for _ in range(3)] == ["rejected", "over", "over"]
    assert telephone.state_of(data) == "rejected with 603"
    assert objects_written(control_bucket) == []


def test_a_call_that_was_let_in_is_not_rejected_by_a_repeat_when_its_caller_is_let_in_no_more(
    client: FlaskClient,
    load_phone: LoadPhone,
    telephone: Telephone,
    webhook_id: WebhookId,
    asked: Callable[[], list[dict[str, Any]]],
) -> None:
    data, same = telephone.rings(), webhook_id()
    assert outcome(client, data, same) == "accepted"
    released_meanwhile = load_phone(PHONE.replace(CALLER, STRANGER))
    assert outcome(released_meanwhile, data, same) == "repeated"
    assert [request["path"].rpartition("/")[2] for request in asked()] == ["accept"]


def test_of_many_deliveries_at_once_one_acts(
    client: FlaskClient, telephone: Telephone, webhook_id: WebhookId, asked: Callable[[], list[dict[str, Any]]]
) -> None:
    data, same = telephone.rings(), webhook_id()
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: deliver(client.application.test_client(), data, same), range(40)))
    outcomes = [answer.json.get("outcome", answer.json.get("error", {}).get("code")) for answer in answers]
    assert outcomes.count("accepted") == 1
    assert set(outcomes) <= {"accepted", "repeated", "in_progress"}
    assert len(asked()) == 1


def test_two_events_of_one_call_accept_it_once(
    client: FlaskClient, telephone: Telephone, webhook_id: WebhookId
) -> None:
    data = telephone.rings()
    assert [outcome(client, data, webhook_id()) for _ in range(2)] == ["accepted", "over"]
    assert telephone.state_of(data) == "connected"


def test_a_call_that_is_over_by_now_is_no_failure(
    client: FlaskClient, telephone: Telephone, webhook_id: WebhookId, openai_url: str
) -> None:
    for caller in (CALLER, STRANGER):
        data = telephone.rings(caller)
        requests.delete(f"{openai_url}/_standin/calls/{data['call_id']}", timeout=5).raise_for_status()
        assert outcome(client, data, webhook_id()) == "over"


@pytest.mark.parametrize(
    ("fault", "status"),
    [("server_error", 502), ("unavailable", 502), ("rate_limited", 503), ("insufficient_quota", 503),
     ("billing_not_active", 503),
     ("bad_request", 502), ("invalid_api_key", 502), ("model_not_found", 502), ("forbidden", 502)],
)  # fmt: skip
def test_when_openai_fails_the_next_delivery_tries_again_at_once(
    client: FlaskClient,
    telephone: Telephone,
    webhook_id: WebhookId,
    openai_url: str,
    arm: Callable[..., None],
    fault: str,
    status: int,
) -> None:
    data, same = telephone.rings(), webhook_id()
    arm("accept", fault, times=None)
    assert deliver(client, data, same).status_code == status
    requests.delete(f"{openai_url}/_standin/faults", timeout=5).raise_for_status()
    assert outcome(client, data, same) == "accepted"
    assert outcome(client, data, same) == "repeated"


def test_a_call_without_a_deadline_is_not_accepted(
    load_phone: LoadPhone, telephone: Telephone, webhook_id: WebhookId, tasks_url: str
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = load_phone(CLOUD_TASKS_URL=f"http://127.0.0.1:{closed.getsockname()[1]}")
        data, same = telephone.rings(), webhook_id()
        answer = deliver(nobody, data, same)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "leash_unavailable")
    assert telephone.state_of(data) == "ringing"
    assert outcome(load_phone(), data, same) == "accepted"
    assert len(task_names(tasks_url)) == 2


def test_without_the_control_bucket_no_call_is_answered(
    load_phone: LoadPhone, telephone: Telephone, webhook_id: WebhookId
) -> None:
    data = telephone.rings()
    answer = deliver(load_phone(CONTROL_BUCKET="there-is-none"), data, webhook_id())
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "control_unavailable")
    assert telephone.state_of(data) == "ringing"


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    ("where", "then"),
    [
        ("voicemint.calls.deadline.CallDeadline.bind", "accepted"),
        ("voicemint.calls.deadline.CallDeadline.end_in_time", "accepted"),
        ("voicemint.openai.api.OpenAIApi.accept", "accepted"),
        ("voicemint.calls.deadline.CallDeadline.watch", "over"),  # it is accepted already
        ("answer_phone._told", "over"),
    ],
)
def test_a_crash_loses_no_call_and_accepts_none_twice(
    load_phone: LoadPhone,
    telephone: Telephone,
    webhook_id: WebhookId,
    monkeypatch: pytest.MonkeyPatch,
    asked: Callable[[], list[dict[str, Any]]],
    tasks_url: str,
    where: str,
    then: str,
) -> None:
    def crash(*_arguments: object, **_options: object) -> None:
        raise Crash

    data, same = telephone.rings(), webhook_id()
    client = load_phone()
    with monkeypatch.context() as crashing:
        crashing.setattr(where, crash)
        with pytest.raises(Crash):
            deliver(client, data, same)
    restarted = load_phone()
    early = deliver(restarted, data, same)
    assert (early.status_code, early.json["error"]["code"]) == (409, "in_progress")
    assert early.headers["Retry-After"] == str(ATTEMPT_SECONDS)
    monkeypatch.setattr("voicemint.phone.webhook_dedup.ATTEMPT_SECONDS", 0)
    assert outcome(restarted, data, same) == then
    assert outcome(restarted, data, same) == "repeated"
    assert telephone.state_of(data) == "connected"
    assert [request["status"] for request in asked()].count(200) == 1
    assert len(task_names(tasks_url)) == 2


def test_a_delivery_that_fails_each_time_is_given_up(
    client: FlaskClient,
    telephone: Telephone,
    webhook_id: WebhookId,
    arm: Callable[..., None],
    control_bucket: ControlBucket,
) -> None:
    data, same = telephone.rings(), webhook_id()
    arm("accept", "bad_request", times=None)
    assert [deliver(client, data, same).status_code for _ in range(MAX_ATTEMPTS)] == [502] * MAX_ATTEMPTS
    assert outcome(client, data, same) == "given_up"
    assert len(control_bucket.list(f"{PREFIX}{same}/")) == 2 * MAX_ATTEMPTS


def test_two_agents_that_answer_one_number_stop_the_start(load_phone: LoadPhone, tmp_path: Path) -> None:
    folder = write_phone_agent(tmp_path / "two")
    (folder / "other.toml").write_text((folder / "assistant.toml").read_text())
    with pytest.raises(Exception, match=r"answers .* already"):
        load_phone(AGENTS_FOLDER=str(folder))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_only_post_is_answered(client: FlaskClient, method: str) -> None:
    assert client.open("/api/phone", method=method).status_code == 405


def test_the_secret_of_the_tests_is_of_the_real_form() -> None:
    assert len(base64.b64decode(SECRET.removeprefix("whsec_"))) == 32
