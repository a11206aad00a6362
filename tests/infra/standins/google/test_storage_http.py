"""Cloud Storage's stand-in at the level of HTTP: malformed uploads, checksums, ranges, error shapes."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import google_crc32c
import pytest
import requests
from standins.google.storage.requests import PARAMETERS

from .conftest import BUCKET, Api, error_of
from .discovery import document, validator

CHUNK = 256 * 1024
MD5_OF_X = base64.b64encode(hashlib.md5(b"x", usedforsecurity=False).digest()).decode()
CRC32C_OF_X = base64.b64encode(google_crc32c.value(b"x").to_bytes(4, "big")).decode()


@pytest.mark.parametrize(
    ("parameters", "headers", "body"),
    [
        ({}, {}, "x"),
        ({"uploadType": "carrier-pigeon", "name": "a"}, {}, "x"),
        ({"uploadType": "media"}, {}, "x"),
        ({"uploadType": "multipart"}, {"Content-Type": "application/json"}, "{}"),
        ({"uploadType": "multipart"}, {"Content-Type": "multipart/related"}, "{}"),
        ({"uploadType": "multipart"}, {"Content-Type": "multipart/related; boundary=b"}, "--b\r\n\r\n{}\r\n--b--"),
        (
            {"uploadType": "multipart"},
            {"Content-Type": "multipart/related; boundary=b"},
            "--b\r\n{}\r\n--b\r\nx\r\n--b--",
        ),
        (
            {"uploadType": "multipart"},
            {"Content-Type": "multipart/related; boundary=b"},
            "--b\r\n\r\n{\r\n--b\r\n\r\nx\r\n--b--",
        ),
        (
            {"uploadType": "multipart"},
            {"Content-Type": "multipart/related; boundary=b"},
            "--b\r\n\r\n[]\r\n--b\r\n\r\nx\r\n--b--",
        ),
        ({"uploadType": "resumable", "name": "a"}, {}, "["),
        ({"uploadType": "media", "name": "a", "ifGenerationMatch": "x"}, {}, "x"),
        ({"uploadType": "media", "name": "a", "kmsKeyName": "k"}, {}, "x"),
    ],
)
def test_a_malformed_upload_is_refused(
    api: Api, parameters: Mapping[str, str], headers: Mapping[str, str], body: str
) -> None:
    answer = requests.post(api.uploads, params=parameters, data=body, headers=headers, timeout=5)
    assert error_of(answer)[0] == 400
    assert "items" not in requests.get(api.objects, timeout=5).json()


@pytest.mark.parametrize(
    "headers",
    [{"X-Goog-Hash": "crc32c=AAAAAA=="}, {"X-Goog-Hash": f"crc32c={CRC32C_OF_X},md5=AAAA"}, {"Content-MD5": "AAAA"}],
    ids=["crc32c", "md5 of two", "Content-MD5"],
)
def test_damaged_bytes_are_refused(api: Api, headers: dict[str, str]) -> None:
    answer = api.put("a", b"x", **headers)
    assert error_of(answer) == (400, "invalid")
    assert "doesn't match calculated" in answer.json()["error"]["message"]
    assert requests.get(api.object("a"), timeout=5).status_code == 404


def test_whole_bytes_are_accepted_and_described(api: Api) -> None:
    described = api.put("a", b"x", **{"X-Goog-Hash": f"crc32c={CRC32C_OF_X},md5={MD5_OF_X}"}).json()
    assert (described["md5Hash"], described["crc32c"], described["size"]) == (MD5_OF_X, CRC32C_OF_X, "1")
    answer = requests.get(api.object("a"), params={"alt": "media"}, timeout=5)
    assert answer.headers["X-Goog-Hash"] == f"crc32c={CRC32C_OF_X},md5={MD5_OF_X}"
    assert answer.headers["X-Goog-Generation"] == described["generation"]


def test_a_damaged_resumable_upload_is_refused(api: Api) -> None:
    address = api.start("a", crc32c="AAAAAA==")
    assert error_of(requests.put(address, data=b"x", timeout=5)) == (400, "invalid")
    assert requests.get(api.object("a"), timeout=5).status_code == 404


def test_a_resumable_upload_tells_how_far_it_is(api: Api) -> None:
    address, ask = api.start("a"), {"Content-Range": "bytes */*"}
    nothing = requests.put(address, headers=ask, timeout=5)
    assert (nothing.status_code, "Range" in nothing.headers) == (308, False)
    first = requests.put(
        address, data=b"x" * (CHUNK + 10), headers={"Content-Range": f"bytes 0-{CHUNK + 9}/*"}, timeout=5
    )
    # Google keeps whole multiples of 256 KiB and says so.
    assert (first.status_code, first.headers["Range"]) == (308, f"bytes=0-{CHUNK - 1}")
    assert requests.put(address, headers=ask, timeout=5).headers["Range"] == f"bytes=0-{CHUNK - 1}"
    last = {"Content-Range": f"bytes {CHUNK - 5}-{CHUNK + 4}/{CHUNK + 5}"}
    assert requests.put(address, data=b"x" * 5 + b"y" * 5, headers=last, timeout=5).json()["size"] == str(CHUNK + 5)
    assert requests.put(address, headers=ask, timeout=5).json()["name"] == "a"
    content = requests.get(api.object("a"), params={"alt": "media"}, timeout=5).content
    assert content == b"x" * CHUNK + b"y" * 5


@pytest.mark.parametrize("content_range", ["bytes 5-9/20", "bytes 0-9/10", "bytes x/y", "bytes 0-1"])
def test_a_chunk_that_does_not_fit_is_refused(api: Api, content_range: str) -> None:
    answer = requests.put(api.start("a"), data=b"12345", headers={"Content-Range": content_range}, timeout=5)
    assert error_of(answer)[0] == 400


def test_a_cancelled_upload_is_forgotten(api: Api) -> None:
    address = api.start("a")
    assert requests.delete(address, timeout=5).status_code == 499
    assert error_of(requests.put(address, data=b"x", timeout=5)) == (404, "notFound")


def test_an_upload_that_must_create_is_refused_before_its_bytes(api: Api) -> None:
    api.put("a")
    parameters = {"uploadType": "resumable", "name": "a", "ifGenerationMatch": "0"}
    answer = requests.post(api.uploads, params=parameters, json={}, timeout=5)
    assert error_of(answer) == (412, "conditionNotMet")


def test_an_object_over_the_limit_is_refused(api: Api) -> None:
    headers = {"Content-Range": f"bytes 0-{2**26 - 1}/{2**26 + 1}"}
    address = api.start("a")
    assert requests.put(address, data=bytes(2**26), headers=headers, timeout=20).status_code == 308
    headers = {"Content-Range": f"bytes {2**26}-{2**26}/{2**26 + 1}"}
    assert error_of(requests.put(address, data=b"x", headers=headers, timeout=5))[0] == 413


@pytest.mark.parametrize(
    ("wanted", "status", "content", "content_range"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, b"The requested range cannot be satisfied.", "bytes */10"),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=x", 200, b"0123456789", None),
    ],
)
def test_ranges(api: Api, wanted: str, status: int, content: bytes, content_range: str | None) -> None:
    api.put("digits", b"0123456789")
    answer = requests.get(api.object("digits"), params={"alt": "media"}, headers={"Range": wanted}, timeout=5)
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers.get("Content-Range") == content_range


def test_a_read_of_what_the_caller_has_is_not_modified(api: Api) -> None:
    generation = api.put("a").json()["generation"]
    answer = requests.get(api.object("a"), params={"ifGenerationNotMatch": generation}, timeout=5)
    assert (answer.status_code, answer.content) == (304, b"")


def test_a_failed_download_is_plain_text(api: Api) -> None:
    answer = requests.get(api.object("gone"), params={"alt": "media"}, timeout=5)
    assert (answer.status_code, answer.text) == (404, f"No such object: {BUCKET}/gone")


@pytest.mark.parametrize(
    "query", ["matchGlob=*", "softDeleted=true", "maxResults=0", "maxResults=x", "pageToken=%FF", "pageToken=!"]
)
def test_a_listing_it_cannot_give_is_refused(api: Api, query: str) -> None:
    assert error_of(requests.get(f"{api.objects}?{query}", timeout=5))[0] == 400


def test_an_address_that_is_not_there_is_not_found(api: Api) -> None:
    assert error_of(requests.post(f"{api.object('a')}/compose", timeout=5))[0] == 405
    assert error_of(requests.get(f"{api.base_url}/storage/v2/b", timeout=5)) == (404, "notFound")


def test_parameters_are_ones_that_google_knows() -> None:
    described = document("storage.v1")
    known = {name.lower() for name in described["parameters"]} | {"uploadtype", "upload_id"}
    for resource in ("objects", "buckets", "managedFolders"):
        for method in described["resources"][resource]["methods"].values():
            known |= {name.lower() for name in method["parameters"]}
    assert known >= PARAMETERS


@pytest.mark.parametrize(
    "change",
    [{"generation": 5}, {"size": "1.5"}, {"timeCreated": "yesterday"}, {"invented": 1}, {"metadata": {"a": 1}}],
)
def test_the_schemas_notice_a_wrong_answer(api: Api, change: dict[str, Any]) -> None:
    answer = api.put("a").json()
    assert validator("storage.v1", "Object").is_valid(answer)
    assert not validator("storage.v1", "Object").is_valid(answer | change)


@pytest.mark.parametrize("body", [{"fault": "flood"}, {"fault": "reset", "color": "red"}, {}, []])
def test_a_fault_that_is_not_known_is_refused(api: Api, body: object) -> None:
    answer = requests.post(f"{api.base_url}/_standin/faults", json=body, timeout=5)
    assert answer.status_code == 400
    assert requests.get(f"{api.base_url}/_standin/faults", timeout=5).json() == []


def test_faults_and_requests_can_be_forgotten(api: Api) -> None:
    control = f"{api.base_url}/_standin"
    requests.post(f"{control}/faults", json={"fault": "reset", "times": None}, timeout=5)
    assert requests.delete(f"{control}/faults", timeout=5).json() == []
    assert api.put("a").status_code == 200
    assert requests.get(f"{control}/requests", timeout=5).json()[-1]["status"] == 200
    assert requests.delete(f"{control}/requests", timeout=5).json() == []
