"""Cloud Storage's stand-in, used through the real google-cloud-storage."""

import io
import os
from pathlib import Path

import pytest
import requests
from google.api_core import exceptions
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without stubs
from standins.google import storage as google_storage
from standins.serving import ServerThread

from .conftest import BUCKET, QUICK_RETRY, Control

NAME = "calls/dt=2026-11-21/rtc_abc/000000-0123456789abcdef.ndjson"
CHUNK = 256 * 1024


def test_an_uploaded_object_is_a_file_a_person_can_read(bucket: storage.Bucket, folder: Path) -> None:
    bucket.blob(NAME).upload_from_string('{"a":1}\n', content_type="application/x-ndjson")
    assert (folder / BUCKET / NAME).read_text() == '{"a":1}\n'


def test_an_object_comes_back_with_its_bytes_and_metadata(bucket: storage.Bucket) -> None:
    blob = bucket.blob(NAME)
    blob.metadata = {"call": "rtc_abc"}
    blob.cache_control = "private"
    blob.upload_from_string(b"\x00\r\n--x\xff", content_type="audio/wav")
    found = bucket.get_blob(NAME)
    assert found.download_as_bytes() == b"\x00\r\n--x\xff"
    assert (found.content_type, found.metadata, found.cache_control, found.size) == (
        "audio/wav",
        {"call": "rtc_abc"},
        "private",
        7,
    )
    assert found.md5_hash == "PJSys5UTyz1ok0XsmAAkqA=="
    assert (found.generation, found.metageneration) == (blob.generation, 1)


def test_an_empty_object_can_be_kept(bucket: storage.Bucket) -> None:
    bucket.blob("empty").upload_from_string(b"")
    assert bucket.get_blob("empty").size == 0
    assert bucket.blob("empty").download_as_bytes() == b""


def test_a_resumable_upload_arrives_whole(bucket: storage.Bucket) -> None:
    content = os.urandom(5 * CHUNK + 17)
    bucket.blob("speech.wav", chunk_size=2 * CHUNK).upload_from_file(io.BytesIO(content), content_type="audio/wav")
    assert bucket.blob("speech.wav").download_as_bytes() == content


@pytest.mark.parametrize("size", [0, 2 * CHUNK], ids=["empty", "whole chunks"])
def test_a_resumable_upload_of_unknown_size_ends(bucket: storage.Bucket, size: int) -> None:
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with bucket.blob("stream", chunk_size=CHUNK).open("wb") as stream:
        stream.write(b"x" * size)
    assert bucket.get_blob("stream").size == size


def test_a_resumable_upload_survives_a_lost_chunk(bucket: storage.Bucket, storage_control: Control) -> None:
    content = os.urandom(3 * CHUNK)
    storage_control.arm("reset", operation="objects_resume", times=1)
    storage_control.arm("status", operation="objects_resume", times=1)
    bucket.blob("lossy", chunk_size=CHUNK).upload_from_file(io.BytesIO(content), retry=QUICK_RETRY)
    assert bucket.blob("lossy").download_as_bytes() == content


def test_a_part_of_an_object_can_be_read(bucket: storage.Bucket) -> None:
    bucket.blob("digits").upload_from_string("0123456789")
    assert bucket.blob("digits").download_as_bytes(start=2, end=4) == b"234"
    assert bucket.blob("digits", chunk_size=CHUNK).download_as_bytes() == b"0123456789"


def test_a_missing_object_is_not_found(bucket: storage.Bucket) -> None:
    assert bucket.get_blob("nothing") is None
    with pytest.raises(exceptions.NotFound, match="No such object: payloads/nothing"):
        bucket.blob("nothing").download_as_bytes()
    with pytest.raises(exceptions.NotFound):
        bucket.blob("nothing").delete()


def test_a_missing_bucket_is_not_found(storage_client: storage.Client) -> None:
    with pytest.raises(exceptions.NotFound, match="The specified bucket does not exist"):
        storage_client.bucket("no-such-bucket").blob("a").upload_from_string("x")


def test_listing_groups_names_below_a_delimiter(bucket: storage.Bucket) -> None:
    for name in ("a", "a/1", "a/2", "b/1", "c.txt", "é"):
        bucket.blob(name).upload_from_string("x")
    listing = bucket.list_blobs(delimiter="/")
    assert [blob.name for blob in listing] == ["a", "c.txt", "é"]
    assert listing.prefixes == {"a/", "b/"}
    assert [blob.name for blob in bucket.list_blobs(prefix="a/")] == ["a/1", "a/2"]
    assert [blob.name for blob in bucket.list_blobs(start_offset="a/2", end_offset="c")] == ["a/2", "b/1"]
    assert list(bucket.list_blobs(prefix="zz/")) == []


def test_a_long_listing_comes_in_pages(bucket: storage.Bucket, storage_control: Control) -> None:
    names = [f"calls/{number:02}" for number in range(7)]
    for name in names:
        bucket.blob(name).upload_from_string("x")
    assert [blob.name for blob in bucket.list_blobs(page_size=3)] == names
    assert len(storage_control.requests("objects_list")) == 3


def test_a_deleted_object_is_gone_and_leaves_no_folder(bucket: storage.Bucket, folder: Path) -> None:
    bucket.blob(NAME).upload_from_string("x")
    bucket.blob(NAME).delete()
    assert bucket.get_blob(NAME) is None
    assert list((folder / BUCKET).iterdir()) == [folder / BUCKET / ".bucket"]


def test_metadata_can_be_patched(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.metadata = {"kept": "1", "removed": "2"}
    blob.upload_from_string("x")
    blob.metadata = {"kept": "1", "removed": None, "added": "3"}
    blob.patch()
    found = bucket.get_blob("a")
    assert (found.metadata, found.metageneration) == ({"kept": "1", "added": "3"}, 2)
    assert found.generation == blob.generation


def test_buckets_can_be_made_listed_and_removed(storage_client: storage.Client, folder: Path) -> None:
    made = storage_client.create_bucket("second-bucket", location="us-central1")
    assert made.location == "US-CENTRAL1"
    assert [bucket.name for bucket in storage_client.list_buckets()] == [BUCKET, "second-bucket"]
    with pytest.raises(exceptions.Conflict):
        storage_client.create_bucket("second-bucket")
    made.blob("a").upload_from_string("x")
    with pytest.raises(exceptions.Conflict, match="not empty"):
        made.delete()
    made.blob("a").delete()
    made.delete()
    assert storage_client.lookup_bucket("second-bucket") is None
    assert not (folder / "second-bucket").exists()


@pytest.mark.parametrize("name", ["..", "../up", "UPPER", "a", "x/y", ""])
def test_a_bucket_cannot_have_a_name_that_google_refuses(storage_url: str, name: str) -> None:
    answer = requests.post(f"{storage_url}/storage/v1/b?project=p", json={"name": name}, timeout=5)
    assert answer.status_code == 400


def test_objects_outlive_the_stand_in(bucket: storage.Bucket, servers: ServerThread, folder: Path) -> None:
    bucket.blob(NAME).upload_from_string("kept", content_type="text/plain")
    again = servers.serve(google_storage.create_app(folder, buckets=[BUCKET]))
    answer = requests.get(f"{again}/storage/v1/b/{BUCKET}/o/{NAME.replace('/', '%2F')}?alt=media", timeout=5)
    assert (answer.text, answer.headers["Content-Type"]) == ("kept", "text/plain")


def test_what_a_person_deletes_from_the_folder_is_gone(bucket: storage.Bucket, folder: Path) -> None:
    bucket.blob(NAME).upload_from_string("x", if_generation_match=0)
    (folder / BUCKET / NAME).unlink()
    assert bucket.get_blob(NAME) is None
    assert list(bucket.list_blobs()) == []
    bucket.blob(NAME).upload_from_string("y", if_generation_match=0)
