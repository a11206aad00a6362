import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from openai.types.realtime import RealtimeSessionCreateRequest
from standins.google import cloud_tasks as google_cloud_tasks
from standins.google.cloud_tasks.queue import QueueConfig
from standins.serving import ServerThread
from voicemint.agents.files import AGENTS_FOLDER
from voicemint.calls.tasks import Task, read_task
from voicemint.control.stop_switch import ControlState
from voicemint.google.control_bucket import ControlBucket
from voicemint.secrets.signing import SigningKeys

from .conftest import SIGNING_KEY, LoadFunction, seen_by_alert, session_cookie, use_minutes, write_control

URL, REGISTER, HANGUP = "/api/calls", "/api/calls/register", "/api/calls/hangup"
SDP = {"Content-Type": "application/sdp"}
QUEUE = "projects/test-project/locations/us-central1/queues/calls"
KEYS = SigningKeys(f"k1 {SIGNING_KEY}")
OIDC_TOKEN = {
    "serviceAccountEmail": "call-tasks@test-project.iam.gserviceaccount.com",
    "audience": "http://127.0.0.1:9",
}
LIMIT_SECONDS = 10
# As small as the stand-in answers to: audio and a data channel.
OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\na=rtpmap:111 opus/48000/2\r\n"
    "a=rtcp-mux\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n"
    f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sctp-port:5000\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n"
    f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}\r\n"
)

Json = dict[str, Any]


class Tasks:
    """The queue, looked at through its API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def waiting(self) -> dict[str, Json]:
        answer = requests.get(
            f"{self.url}/v2/{QUEUE}/tasks?responseView=FULL", headers={"Authorization": "Bearer x"}, timeout=5
        )
        return {task["name"].rpartition("/")[2]: task for task in answer.json().get("tasks", [])}

    def watch_of(self, call_id: str) -> Task:
        """What the call's watch is told: the signed body of its task."""
        body = json.loads(base64.b64decode(self.waiting()[f"{call_id}-watch-0"]["httpRequest"]["body"]))
        task = read_task(KEYS, body["task"])
        assert task is not None
        return task

    def arm(self, fault: str, **details: Any) -> None:
        requests.post(f"{self.url}/_standin/faults", json={"fault": fault, **details}, timeout=5).raise_for_status()


@pytest.fixture
def tasks(servers: ServerThread) -> Tasks:
    """A queue of the test's own, whose worker is never there, so that tasks stay to be looked at."""
    patient = QueueConfig(min_backoff=60)
    return Tasks(servers.serve(google_cloud_tasks.create_app({"calls": patient}, project="test-project")))


@pytest.fixture
def agents(tmp_path: Any) -> Any:
    folder = tmp_path / "agents"
    folder.mkdir()
    text = (AGENTS_FOLDER / "assistant.toml").read_text()
    (folder / "assistant.toml").write_text(text)
    (folder / "guide.toml").write_text(
        text.replace('setup = "client-secret"', 'setup = "unified"\nserver_tools = ["current_time"]')
    )
    return folder


@pytest.fixture
def load_client(load_function: LoadFunction, tasks: Tasks, agents: Any) -> Callable[..., FlaskClient]:
    def load(**environment: str) -> FlaskClient:
        client = load_function(
            "create_call",
            VOICEMINT_ACCESS="invite",
            PROJECT_ID="test-project",
            CLOUD_TASKS_URL=tasks.url,
            WATCH_CALL_URL="http://127.0.0.1:9",
            AGENTS_FOLDER=str(agents),
            **environment,
        )
        client.set_cookie("__session", session_cookie())
        return client

    return load


@pytest.fixture
def client(load_client: Callable[..., FlaskClient]) -> FlaskClient:
    return load_client()


@pytest.fixture
def received(openai_url: str) -> Iterator[Callable[[], list[Json]]]:
    """What reached OpenAI's stand-in in this test."""
    log = f"{openai_url}/_standin/requests"
    requests.delete(log, timeout=5)
    yield lambda: list(requests.get(log, timeout=5).json()["requests"])
    requests.delete(log, timeout=5)


@pytest.fixture
def arm(openai_url: str) -> Iterator[Callable[..., None]]:
    faults = f"{openai_url}/_standin/faults"

    def arm(fault: str, path: str = "calls", **options: object) -> None:
        requests.post(faults, json={"path": path, "fault": fault, **options}, timeout=5).raise_for_status()

    yield arm
    requests.delete(faults, timeout=5)


def create(client: FlaskClient, offer: str | bytes = OFFER, query: str = "?agent=guide", **options: Any) -> Any:
    return client.post(f"{URL}{query}", data=offer, headers=SDP, **options)


def register(client: FlaskClient, call_id: str = "rtc_u1_opened", **fields: object) -> Any:
    return client.post(REGISTER, json={"call_id": call_id, **fields})


def crash(*_: object, **__: object) -> None:
    raise RuntimeError


def state_of(openai_url: str, call_id: str) -> str:
    calls = requests.get(f"{openai_url}/_standin/calls", timeout=5).json()["calls"]
    return str(next(call["state"] for call in calls if call["id"] == call_id))


def payload_of(ticket: str) -> Json:
    verified = KEYS.verify("ticket", ticket)
    assert verified is not None
    return verified


def test_a_call_is_opened_with_the_agents_config(client: FlaskClient, received: Callable[[], list[Json]]) -> None:
    answer = create(client, query="?agent=guide&voice=cedar")
    assert (answer.status_code, answer.content_type) == (201, "application/sdp")
    assert answer.data.startswith(b"v=0\r\n")
    assert answer.data.endswith(b"\r\n")  # byte for byte: OpenAI's peers stumble over a trimmed end
    (request,) = received()
    RealtimeSessionCreateRequest.model_validate(request["session_config"], strict=True, extra="forbid")
    assert request["session_config"]["audio"]["output"] == {"voice": "cedar"}
    told = [tool["name"] for tool in request["session_config"]["tools"]]
    assert told == ["current_time", "local_time", "display_text", "end_call"]  # the server's, then the page's
    assert len(request["headers"]["OpenAI-Safety-Identifier"]) == 64


def test_the_answer_names_the_call_and_holds_a_ticket_for_it(client: FlaskClient) -> None:
    answer = create(client)
    call_id = answer.headers["Location"].rpartition("/")[2]
    assert answer.headers["Location"] == f"{URL}/{call_id}"
    payload = payload_of(answer.headers["Voicemint-Ticket"])
    assert (payload["call_id"], payload["person"]) == (call_id, "person1")
    assert abs(payload["deadline"] - time.time() - 1800) < 10
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_what_is_left_of_the_month_is_told_and_bounds_the_call(
    load_client: Callable[..., FlaskClient], control_bucket: ControlBucket
) -> None:
    use_minutes(control_bucket, 3)
    answer = create(load_client(MONTHLY_MINUTES="5"))
    assert answer.headers["Voicemint-Month-Minutes-Left"] == "2"
    assert abs(payload_of(answer.headers["Voicemint-Ticket"])["deadline"] - time.time() - 120) < 10


@pytest.mark.parametrize(("used", "seconds"), [(3, 120), (5, 60)], ids=["some", "none"])
def test_what_is_left_of_the_month_bounds_a_registered_call_too(
    load_client: Callable[..., FlaskClient], control_bucket: ControlBucket, used: int, seconds: int
) -> None:
    use_minutes(control_bucket, used)
    answer = register(load_client(MONTHLY_MINUTES="5"))  # refused, it would have no end at all
    assert abs(payload_of(answer.json["ticket"])["deadline"] - time.time() - seconds) < 10


def test_one_task_holds_a_call_that_the_server_opened_and_has_it_watched_at_once(
    client: FlaskClient, tasks: Tasks
) -> None:
    """The page waits for this; the watch makes the other task (test_watch_call.py)."""
    call_id = create(client).headers["Location"].rpartition("/")[2]
    waiting = tasks.waiting()
    assert set(waiting) == {f"{call_id}-watch-0"}
    watch = waiting[f"{call_id}-watch-0"]
    assert watch["httpRequest"]["oidcToken"] == OIDC_TOKEN


def test_two_tasks_hold_a_registered_call(client: FlaskClient, tasks: Tasks) -> None:
    deadline = payload_of(register(client).json["ticket"])["deadline"]
    waiting = tasks.waiting()
    assert set(waiting) == {"rtc_u1_opened-end-0", "rtc_u1_opened-watch-0"}
    end = waiting["rtc_u1_opened-end-0"]
    assert end["scheduleTime"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(deadline))
    assert end["httpRequest"]["oidcToken"] == OIDC_TOKEN


def test_a_crash_before_the_task_is_there_leaves_the_page_without_an_answer(
    client: FlaskClient, tasks: Tasks, monkeypatch: pytest.MonkeyPatch, received: Callable[[], list[Json]]
) -> None:
    """So nobody connects to a call that nothing ends."""
    monkeypatch.setattr("voicemint.calls.deadline.CallDeadline.watch", crash)
    answer = create(client)
    assert (answer.status_code, b"v=0" in answer.data) == (500, False)
    assert tasks.waiting() == {}
    assert [request["path"].rpartition("/")[2] for request in received()] == ["calls", "hangup"]


def test_cloud_tasks_is_connected_to_while_openai_works(
    client: FlaskClient, arm: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting = threading.Event()
    monkeypatch.setattr("voicemint.calls.tasks.TaskQueue.get_ready", lambda _queue: connecting.set())
    arm("server_error")  # so that no task is made
    assert create(client).status_code == 502
    assert connecting.wait(LIMIT_SECONDS)


def test_a_call_is_opened_when_cloud_tasks_cannot_be_connected_to_ahead(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicemint.http_client.HttpClient.connect_ahead", crash)
    assert create(client).status_code == 201


@pytest.mark.parametrize("opens", [create, register], ids=["opened by the server", "registered"])
def test_the_watch_is_told_the_months_limit_and_when_its_person_signed_in(
    load_client: Callable[..., FlaskClient], tasks: Tasks, opens: Callable[[FlaskClient], Any]
) -> None:
    client = load_client(MONTHLY_MINUTES="2")
    client.set_cookie("__session", session_cookie(epoch=3))
    assert opens(client).status_code == 201
    (call_id,) = {name.rpartition("-watch-")[0] for name in tasks.waiting() if "-watch-" in name}
    watch = tasks.watch_of(call_id)
    assert (watch.monthly_minutes, watch.call.person_id, watch.call.epoch) == (2, "person1", 3)


@pytest.mark.parametrize(
    ("offer", "status", "code"),
    [
        ("", 400, "invalid_offer"),
        ("v=0", 400, "invalid_offer"),
        ("v=0 m=audio 9", 400, "invalid_offer"),
        (f" {OFFER}", 400, "invalid_offer"),
        (OFFER.replace("m=audio", "m=video"), 400, "invalid_offer"),
        (OFFER + "a=\0", 400, "invalid_offer"),
        (OFFER + "a=ü", 400, "invalid_offer"),
        ('{"sdp": 1}', 400, "invalid_offer"),
        (OFFER + "a=x\r\n" * 7000, 413, "body_too_large"),
    ],
    ids=["empty", "short", "one line", "space first", "no audio", "NUL", "not ASCII", "JSON", "large"],
)
def test_what_is_no_offer_reaches_nobody(
    client: FlaskClient, received: Callable[[], list[Json]], offer: str, status: int, code: str
) -> None:
    answer = create(client, offer.encode())
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert received() == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "unknown_agent"),  # the default agent has its calls opened by the page
        ("?agent=nobody", "unknown_agent"),
        ("?agent=", "unknown_agent"),
        ("?agent=guide&voice=nova", "unknown_voice"),
        ("?agent=guide&model=gpt-5", "unknown_field"),
        ("?agent=guide&agent=guide", "invalid_request"),
    ],
)
def test_the_caller_chooses_among_names_only(
    client: FlaskClient, received: Callable[[], list[Json]], query: str, code: str
) -> None:
    answer = create(client, query=query)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, code)
    assert received() == []


def test_only_sdp_is_read(client: FlaskClient, received: Callable[[], list[Json]]) -> None:
    answer = client.post(f"{URL}?agent=guide", data=OFFER, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert received() == []


@pytest.mark.parametrize("path", [URL, REGISTER, HANGUP])
def test_who_is_not_signed_in_is_refused(client: FlaskClient, received: Callable[[], list[Json]], path: str) -> None:
    client.delete_cookie("__session")
    headers = SDP if path == URL else {"Content-Type": "application/json"}
    assert client.post(path, data="{}", headers=headers).status_code == 401
    assert received() == []


@pytest.mark.parametrize(
    "path", [f"{URL}/rtc_1/refer", f"{URL}/rtc_1/accept", f"{URL}/rtc_1/hangup", f"{URL}/rtc_1", f"{URL}/../files"]
)
def test_no_other_action_reaches_openai(client: FlaskClient, received: Callable[[], list[Json]], path: str) -> None:
    assert client.post(path, json={}).status_code == 404
    assert received() == []


@pytest.mark.parametrize(
    ("fault", "options", "status", "code", "tries"),
    [
        ("invalid_api_key", {}, 502, "upstream_key_rejected", 1),
        ("server_error", {}, 502, "upstream_unavailable", 1),
        ("reset", {}, 502, "upstream_unavailable", 1),
        ("rate_limited", {"times": 1}, 201, None, 2),
        ("unavailable", {"times": 1}, 201, None, 2),
        ("slow", {"seconds": 10}, 504, "upstream_timeout", 1),
    ],
)
def test_a_call_is_tried_again_only_where_surely_none_was_created(
    client: FlaskClient,
    received: Callable[[], list[Json]],
    arm: Callable[..., None],
    fault: str,
    options: Json,
    status: int,
    code: str | None,
    tries: int,
) -> None:
    arm(fault, **{"times": None, **options})
    answer = create(client)
    assert answer.status_code == status
    assert code is None or answer.json["error"]["code"] == code
    assert len(received()) == tries


def test_a_call_that_cannot_be_held_is_ended_at_once(
    client: FlaskClient, tasks: Tasks, received: Callable[[], list[Json]]
) -> None:
    tasks.arm("status", times=None)
    answer = create(client)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "leash_unavailable")
    assert [request["path"].rpartition("/")[2] for request in received()] == ["calls", "hangup"]
    assert received()[-1]["status"] == 200


def test_a_call_that_turns_out_not_to_be_allowed_is_ended_at_once(
    client: FlaskClient, control_bucket: ControlBucket, storage_url: str, received: Callable[[], list[Json]]
) -> None:
    write_control(control_bucket, storage_url, ControlState(stopped=True))
    answer = create(client)  # a fresh instance finds out while OpenAI works
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "stopped")
    assert [request["path"].rpartition("/")[2] for request in received()] == ["calls", "hangup"]
    assert received()[-1]["status"] == 200


def test_calls_and_client_secrets_share_the_days_limit(
    load_function: LoadFunction, tasks: Tasks, agents: Any, log_output: io.StringIO
) -> None:
    environment = {
        "VOICEMINT_ACCESS": "invite",
        "PROJECT_ID": "test-project",
        "CLOUD_TASKS_URL": tasks.url,
        "AGENTS_FOLDER": str(agents),
        "DAILY_LIMIT": "2",
        "DAILY_BLOCK": "1",
        "PERSON_DAILY_LIMIT": "10",
    }
    clients = [load_function(name, **environment) for name in ("create_call", "mint_client_secret")]
    for client in clients:
        client.set_cookie("__session", session_cookie())
    calls, mint = clients
    assert mint.post("/api/client-secrets", json={}).status_code == 200
    assert create(calls).status_code == 201
    refused = [create(calls), mint.post("/api/client-secrets", json={})]
    assert [answer.json["error"]["code"] for answer in refused] == ["daily_limit_reached"] * 2  # type: ignore[index]
    seen = seen_by_alert("daily-limit-reached", log_output.getvalue())
    assert [line["message"] for line in seen] == ["create_call", "mint_client_secret"]


def test_the_mint_has_no_client_secret_for_an_agent_whose_calls_the_server_opens(
    load_function: LoadFunction, agents: Any
) -> None:
    mint = load_function("mint_client_secret", AGENTS_FOLDER=str(agents))
    answer = mint.post("/api/client-secrets", json={"agent": "guide"})
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "unknown_agent")  # type: ignore[index]


def test_a_registered_call_is_held_and_its_deadline_is_the_same_again(client: FlaskClient, tasks: Tasks) -> None:
    first, again = register(client), register(client)
    assert (first.status_code, again.status_code) == (201, 201)
    told, told_again = payload_of(first.json["ticket"]), payload_of(again.json["ticket"])
    assert told["call_id"] == told_again["call_id"] == "rtc_u1_opened"
    assert told["deadline"] == told_again["deadline"]
    assert set(tasks.waiting()) == {"rtc_u1_opened-end-0", "rtc_u1_opened-watch-0"}


def test_nobody_can_register_somebody_elses_call(client: FlaskClient, tasks: Tasks) -> None:
    register(client)
    before = tasks.waiting()
    client.set_cookie("__session", session_cookie(id="person2"))
    answer = register(client)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "call_taken")
    assert tasks.waiting() == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"call_id": None},
        {"call_id": ""},
        {"call_id": "../../files"},
        {"call_id": "rtc_x#"},
        {"call_id": "rtc_x/refer"},
        {"call_id": "r" * 129},
        {"call_id": "rtc_ü"},
        {"call_id": "rtc_1\n"},
        {"call_id": "rtc_1", "agent": "nobody"},
        {"call_id": "rtc_1", "agent": "guide"},
        {"call_id": "rtc_1", "agent": 7},
        {"call_id": "rtc_1", "deadline": 9},
        [],
    ],
    ids=str,
)
def test_what_is_no_registration_is_refused(
    client: FlaskClient, tasks: Tasks, received: Callable[[], list[Json]], body: object
) -> None:
    assert client.post(REGISTER, json=body).status_code == 400
    assert tasks.waiting() == {}
    assert received() == []


def test_a_registered_call_that_cannot_be_held_is_ended_at_once(
    client: FlaskClient, tasks: Tasks, received: Callable[[], list[Json]]
) -> None:
    tasks.arm("status", times=None)
    answer = register(client)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "leash_unavailable")
    assert [request["path"] for request in received()] == ["/v1/realtime/calls/rtc_u1_opened/hangup"]


def test_nothing_is_registered_after_a_stop(
    client: FlaskClient, control_bucket: ControlBucket, storage_url: str
) -> None:
    write_control(control_bucket, storage_url, ControlState(stopped=True))
    assert register(client).json["error"]["code"] == "stopped"


def test_a_ticket_ends_its_call_once_or_twice(client: FlaskClient, openai_url: str) -> None:
    created = create(client)
    call_id, ticket = created.headers["Location"].rpartition("/")[2], created.headers["Voicemint-Ticket"]
    answers = [client.post(HANGUP, json={"ticket": ticket}) for _ in range(2)]
    assert [(answer.status_code, answer.data) for answer in answers] == [(204, b"")] * 2
    assert state_of(openai_url, call_id) == "hung up"


def test_a_ticket_is_of_no_use_to_another(client: FlaskClient, openai_url: str) -> None:
    created = create(client)
    client.set_cookie("__session", session_cookie(id="person2"))
    answer = client.post(HANGUP, json={"ticket": created.headers["Voicemint-Ticket"]})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "invalid_ticket")  # type: ignore[index]
    assert state_of(openai_url, created.headers["Location"].rpartition("/")[2]) == "connecting"


@pytest.mark.parametrize(
    "body", [{}, {"ticket": 7}, {"ticket": "v1.k1.e30." + "0" * 64}, {"call_id": "rtc_1"}], ids=str
)
def test_a_call_cannot_be_named_but_by_a_ticket(
    client: FlaskClient, received: Callable[[], list[Json]], body: Json
) -> None:
    assert client.post(HANGUP, json=body).status_code in (400, 403)
    assert received() == []


def test_it_says_so_where_openai_does_not_hang_up(client: FlaskClient, arm: Callable[..., None]) -> None:
    ticket = create(client).headers["Voicemint-Ticket"]
    arm("server_error", "hangup", times=None)
    answer = client.post(HANGUP, json={"ticket": ticket})
    assert (answer.status_code, json.loads(answer.data)["error"]["code"]) == (502, "upstream_unavailable")


TOO_MANY = (429, "too_many_calls")


def refusal_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, json.loads(answer.data)["error"]["code"]


def test_a_call_beyond_what_goes_on_at_once_is_refused_and_hung_up_unless_another_ends(
    load_client: Callable[..., FlaskClient], received: Callable[[], list[Json]]
) -> None:
    client = load_client(MAX_CALLS_AT_ONCE="2")
    first, _ = create(client), create(client)
    answer = create(client)
    assert refusal_of(answer) == TOO_MANY
    assert int(answer.headers["Retry-After"]) > 0
    assert [request["path"].rpartition("/")[2] for request in received()] == ["calls"] * 3 + ["hangup"]
    assert client.post(HANGUP, json={"ticket": first.headers["Voicemint-Ticket"]}).status_code == 204
    assert create(client).status_code == 201


def test_registered_calls_count_too_and_each_once(
    load_client: Callable[..., FlaskClient], received: Callable[[], list[Json]]
) -> None:
    client = load_client(MAX_CALLS_AT_ONCE="1")
    assert [register(client).status_code for _ in range(3)] == [201] * 3
    assert refusal_of(client.post(REGISTER, json={"call_id": "rtc_u2_opened"})) == TOO_MANY
    assert [request["path"] for request in received()] == ["/v1/realtime/calls/rtc_u2_opened/hangup"]
    assert refusal_of(create(client)) == TOO_MANY


def test_a_call_that_did_not_come_to_be_takes_no_place(
    load_client: Callable[..., FlaskClient], arm: Callable[..., None], tasks: Tasks
) -> None:
    client = load_client(MAX_CALLS_AT_ONCE="1")
    arm("server_error", times=1)
    assert refusal_of(create(client))[1] == "upstream_unavailable"
    tasks.arm("status", times=None)
    assert refusal_of(register(client))[1] == "leash_unavailable"
    requests.delete(f"{tasks.url}/_standin/faults", timeout=5).raise_for_status()
    assert create(client).status_code == 201


def test_somebody_elses_calls_leave_room(load_client: Callable[..., FlaskClient]) -> None:
    client = load_client(MAX_CALLS_AT_ONCE="1")
    assert create(client).status_code == 201
    client.set_cookie("__session", session_cookie(id="person2"))
    assert create(client).status_code == 201


def test_a_call_that_was_hung_up_a_moment_ago_is_not_asked_about_again(
    client: FlaskClient, received: Callable[[], list[Json]]
) -> None:
    ticket = create(client).headers["Voicemint-Ticket"]
    assert {client.post(HANGUP, json={"ticket": ticket}).status_code for _ in range(400)} == {204}
    assert [request["path"].rpartition("/")[2] for request in received()] == ["calls", "hangup"]


def test_hanging_up_one_call_after_the_other_has_a_rate(
    client: FlaskClient, received: Callable[[], list[Json]]
) -> None:
    tickets = [create(client).headers["Voicemint-Ticket"] for _ in range(14)]
    answers = [client.post(HANGUP, json={"ticket": ticket}) for ticket in tickets]
    assert [answer.status_code for answer in answers] == [204] * 12 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert [request["path"].rpartition("/")[2] for request in received()].count("hangup") == 12


def test_a_call_that_the_server_opened_is_its_persons_at_once(
    client: FlaskClient, control_bucket: ControlBucket
) -> None:
    call_id = create(client).headers["Location"].rpartition("/")[2]
    assert json.loads(control_bucket.read(f"calls/{call_id}.json") or b"")["person_id"] == "person1"
