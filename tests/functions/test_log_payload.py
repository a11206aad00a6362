import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from voicemint.access.person import Person
from voicemint.agents.call_mode import CallMode
from voicemint.calls.call import KnownCall
from voicemint.google.control_bucket import ControlBucket

from .conftest import LoadFunction, session_cookie

URL = "/api/logs"
EVENT = {"at": "2026-11-21T10:00:00.000Z", "direction": "server", "event": {"type": "session.created"}}


def headers(batch: str = "page_1/0") -> dict[str, str]:
    return {"Content-Type": "application/x-ndjson", "Voicemint-Batch": batch}


def lines(*events: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(event).encode() for event in events)


@pytest.fixture
def bucket(storage_url: str, monkeypatch: pytest.MonkeyPatch) -> storage.Bucket:
    """The bucket as Google's own client sees it."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_url)
    return storage.Client(project="test-project", credentials=AnonymousCredentials()).bucket("payloads")


@pytest.fixture
def arm(storage_url: str) -> Any:
    """Arm a fault of the storage stand-in."""
    url = f"{storage_url}/_standin/faults"
    yield lambda **fault: requests.post(
        url, json={"operation": "objects_insert", **fault}, timeout=5
    ).raise_for_status()
    requests.delete(url, timeout=5)


def test_a_batch_becomes_one_object_of_one_record_a_line(log_client: FlaskClient, bucket: storage.Bucket) -> None:
    other = {**EVENT, "event": {"type": "response.done"}}
    answer = log_client.post(URL, data=lines(EVENT, other), headers=headers("page_one/3"))
    assert answer.status_code == 200
    assert answer.json["stored"] == 2
    assert answer.json["object"].startswith("calls/dt=")
    assert "/page_one_local/000003-" in answer.json["object"]
    blob = bucket.get_blob(answer.json["object"])
    assert blob.content_type == "application/x-ndjson"
    first, second = (json.loads(line) for line in blob.download_as_bytes().splitlines())
    assert first["client"] == EVENT
    assert second["client"] == other
    assert (second["call_id"], second["person"]) == ("page_one_local", "local")
    assert (second["sequence"], second["line"]) == (3, 1)
    assert datetime.fromisoformat(first["received_at"]).tzinfo is not None
    assert len(first["request_id"]) == 32


@pytest.fixture
def signed_in(load_function: LoadFunction, storage_url: str) -> FlaskClient:
    """The client of person1."""
    client = load_function("log_payload", BUCKET="payloads", VOICEMINT_ACCESS="invite")
    client.set_cookie("__session", session_cookie(id="person1"))
    return client


def have_registered(bucket: ControlBucket, call_id: str, person_id: str) -> None:
    call = KnownCall(call_id=call_id, person_id=person_id, agent="a", setup=CallMode.UNIFIED, started_at=1, deadline=2)
    bucket.create(f"calls/{call_id}.json", json.dumps(call.as_json()).encode())


def refusal_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def test_a_batch_is_stored_under_a_call_of_the_senders_and_under_no_other(
    signed_in: FlaskClient, control_bucket: ControlBucket, bucket: storage.Bucket
) -> None:
    have_registered(control_bucket, "rtc_own", "person1")
    have_registered(control_bucket, "rtc_others", "person2")
    own = signed_in.post(URL, data=lines(EVENT), headers=headers("rtc_own/0"))
    assert "/rtc_own/000000-" in own.json["object"]
    assert refusal_of(signed_in.post(URL, data=lines(EVENT), headers=headers("rtc_others/0"))) == (403, "call_taken")
    made_up = signed_in.post(URL, data=lines(EVENT), headers=headers("rtc_made_up/0"))
    assert "/page_rtc_made_up_person1/000000-" in made_up.json["object"]
    assert not [
        blob.name for blob in bucket.list_blobs() if "/rtc_others/" in blob.name or "/rtc_made_up/" in blob.name
    ]


def test_a_call_that_is_registered_later_has_what_follows(
    signed_in: FlaskClient, control_bucket: ControlBucket
) -> None:
    before = signed_in.post(URL, data=lines(EVENT), headers=headers("rtc_late/0")).json["object"]
    have_registered(control_bucket, "rtc_late", "person1")
    after = signed_in.post(URL, data=lines(EVENT), headers=headers("rtc_late/1")).json["object"]
    assert [name.split("/")[2] for name in (before, after)] == ["page_rtc_late_person1", "rtc_late"]


def test_two_people_whose_pages_have_the_same_id_have_a_folder_each(
    signed_in: FlaskClient, bucket: storage.Bucket
) -> None:
    first = signed_in.post(URL, data=lines(EVENT), headers=headers("page_same/0")).json["object"]
    signed_in.set_cookie("__session", session_cookie(id="person2"))
    second = signed_in.post(URL, data=lines(EVENT), headers=headers("page_same/0")).json["object"]
    assert [name.split("/")[2] for name in (first, second)] == ["page_same_person1", "page_same_person2"]
    record = json.loads(bucket.blob(second).download_as_bytes())
    assert (record["call_id"], record["person"]) == ("page_same_person2", "person2")


def test_a_batch_of_another_person_than_who_is_signed_in_is_not_stored(
    signed_in: FlaskClient, bucket: storage.Bucket
) -> None:
    own = Person("person1", "").mark
    stored = signed_in.post(URL, data=lines(EVENT), headers=headers("page_marked/0") | {"Voicemint-Person": own})
    assert stored.status_code == 200
    signed_in.set_cookie("__session", session_cookie(id="person2"))
    for mark in (own, "", "x", "0" * 32):
        answer = signed_in.post(URL, data=lines(EVENT), headers=headers("page_marked/0") | {"Voicemint-Person": mark})
        assert refusal_of(answer) == (409, "another_person")
    assert [blob.name for blob in bucket.list_blobs() if "page_marked_person2" in blob.name] == []


def test_a_batch_without_a_mark_is_the_callers(signed_in: FlaskClient) -> None:
    assert signed_in.post(URL, data=lines(EVENT), headers=headers()).status_code == 200


def test_an_id_that_leaves_no_room_for_the_person_is_refused(signed_in: FlaskClient) -> None:
    answer = signed_in.post(URL, data=lines(EVENT), headers=headers(f"page_{'x' * 120}/0"))
    assert refusal_of(answer) == (400, "invalid_request")


def test_batches_have_a_rate_and_bytes_a_day_for_each_person(load_function: LoadFunction) -> None:
    client = load_function(
        "log_payload", BUCKET="payloads", VOICEMINT_ACCESS="invite", LOGS_PER_MINUTE="20", LOG_MIB_PER_DAY="1"
    )
    client.set_cookie("__session", session_cookie(id="person1"))
    large = lines(*[{**EVENT, "text": "a" * 8000}] * 7)
    answers = [client.post(URL, data=large, headers=headers(f"page_1/{number}")) for number in range(40)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(answers) - len(refused) == 1024 * 1024 // len(large)
    assert {refusal_of(answer) for answer in refused} == {(429, "log_limit_reached"), (429, "too_many_requests")}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    client.set_cookie("__session", session_cookie(id="person2"))
    assert client.post(URL, data=large, headers=headers("page_1/0")).status_code == 200


def test_the_same_batch_twice_is_one_object(log_client: FlaskClient, bucket: storage.Bucket) -> None:
    answers = [log_client.post(URL, data=lines(EVENT), headers=headers("page_twice/0")).json for _ in range(2)]
    assert answers[0] == answers[1]
    assert bucket.get_blob(answers[0]["object"]).metageneration == 1
    assert sum("/page_twice_local/" in blob.name for blob in bucket.list_blobs()) == 1


def test_parallel_repeats_are_one_object(log_client: FlaskClient, bucket: storage.Bucket) -> None:
    def post(_number: int) -> int:
        return log_client.post(URL, data=lines(EVENT), headers=headers("page_parallel/0")).status_code

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(post, range(32))) == {200}
    assert sum("/page_parallel_local/" in blob.name for blob in bucket.list_blobs()) == 1


def test_a_write_whose_answer_was_lost_is_stored_once(
    log_client: FlaskClient, bucket: storage.Bucket, arm: Callable[..., None]
) -> None:
    arm(fault="reset_after_commit", times=1)
    answer = log_client.post(URL, data=lines(EVENT), headers=headers("page_lost/0"))
    assert answer.status_code == 200
    assert bucket.get_blob(answer.json["object"]).metageneration == 1


@pytest.mark.parametrize("fault", [{"fault": "status", "status": 403}, {"fault": "status", "status": 400}], ids=str)
def test_a_batch_that_is_not_stored_is_not_acknowledged(
    log_client: FlaskClient, arm: Callable[..., None], fault: dict[str, object]
) -> None:
    arm(**fault)
    answer = log_client.post(URL, data=lines(EVENT), headers=headers("page_refused/0"))
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "storage_unavailable")


def test_a_bucket_that_fails_for_a_moment_is_asked_again(log_client: FlaskClient, arm: Callable[..., None]) -> None:
    arm(fault="status", status=503, times=1)
    assert log_client.post(URL, data=lines(EVENT), headers=headers("page_moment/0")).status_code == 200


def test_secrets_never_reach_the_bucket(log_client: FlaskClient, bucket_folder: Path) -> None:
    secret = "ek_canary0123456789abcdef"
    event = {**EVENT, "event": {"type": "page", "note": f"got {secret}"}}
    assert log_client.post(URL, data=lines(event), headers=headers("page_canary/0")).status_code == 200
    stored = [file.read_bytes() for file in bucket_folder.rglob("*") if file.is_file()]
    assert not [content for content in stored if secret.encode() in content]


@pytest.mark.parametrize(
    ("body", "request_headers", "status", "code"),
    [
        (b"{}", {"Content-Type": "application/json", "Voicemint-Batch": "page_1/0"}, 415, "unsupported_media_type"),
        (b"{}", {"Content-Type": "application/x-ndjson"}, 400, "invalid_request"),
        (b"{}", headers("../x/0"), 400, "invalid_request"),
        (b"", headers(), 400, "invalid_json"),
        (b"{}\n" * 201, headers(), 400, "invalid_request"),
        (b'{"a":' * 9000, headers(), 400, "invalid_json"),
        (b'{"a":NaN}', headers(), 400, "invalid_json"),
        (b'{"a":"\xff"}', headers(), 400, "invalid_json"),
        (b'{"a":' + b"9" * 60_000 + b"}", headers(), 400, "invalid_json"),
        (b" " * 65_536, headers(), 413, "body_too_large"),
        (b" " * 65_537, headers(), 413, "body_too_large"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_bad_batch_is_refused(
    log_client: FlaskClient, body: bytes, request_headers: dict[str, str], status: int, code: str
) -> None:
    answer = log_client.post(URL, data=body, headers=request_headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)


def test_a_batch_of_65_535_bytes_is_stored(log_client: FlaskClient) -> None:
    batch = lines(*[{**EVENT, "text": "a" * 7000}] * 9).ljust(65_535)
    answer = log_client.post(URL, data=batch, headers=headers("page_largest/0"))
    assert (answer.status_code, answer.json["stored"]) == (200, 9)


def test_metadata_level_stores_no_words(load_function: LoadFunction, storage_url: str, bucket: storage.Bucket) -> None:
    client = load_function(
        "log_payload", BUCKET="payloads", STORAGE_EMULATOR_HOST=storage_url, PAYLOAD_LEVEL="metadata"
    )
    event = {**EVENT, "event": {"type": "response.output_text.done", "text": "what was said"}}
    answer = client.post(URL, data=lines(event), headers=headers("page_metadata/0"))
    stored = bucket.blob(answer.json["object"]).download_as_text()
    assert "response.output_text.done" in stored
    assert "what was said" not in stored


def test_level_off_stores_nothing_and_says_so(load_function: LoadFunction) -> None:
    client = load_function("log_payload", PAYLOAD_LEVEL="off")
    answer = client.post(URL, data=lines(EVENT), headers=headers())
    assert (answer.status_code, answer.json) == (200, {"stored": 0, "object": None})


def test_the_process_refuses_to_start_without_a_bucket(load_function: LoadFunction) -> None:
    with pytest.raises(Exception, match="BUCKET is not set"):
        load_function("log_payload")


def test_an_object_lies_under_the_day_it_was_said(log_client: FlaskClient) -> None:
    now = datetime.now(UTC)
    event = {**EVENT, "at": now.isoformat()}
    answer = log_client.post(URL, data=lines(event), headers=headers("page_day/0"))
    assert answer.json["object"].startswith(f"calls/dt={now:%Y-%m-%d}/page_day_local/000000-")
