"""Preconditions, races and lost answers, through the real google-cloud-storage and its retries."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without stubs

from .conftest import BUCKET, QUICK_RETRY, Control

NAME = "calls/dt=2026-11-21/rtc_abc/000000-0123456789abcdef.ndjson"
CHUNK = 256 * 1024


def test_a_create_only_write_refuses_to_overwrite(bucket: storage.Bucket) -> None:
    bucket.blob(NAME).upload_from_string("first", if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed, match="pre-conditions"):
        bucket.blob(NAME).upload_from_string("second", if_generation_match=0)
    assert bucket.blob(NAME).download_as_text() == "first"


def test_of_fifty_parallel_create_only_writes_exactly_one_happens(bucket: storage.Bucket, folder: Path) -> None:
    def write(number: int) -> bool:
        try:
            bucket.blob(NAME).upload_from_string(f"writer {number}", if_generation_match=0)
        except exceptions.PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        won = [number for number, written in enumerate(pool.map(write, range(50))) if written]
    assert len(won) == 1
    assert (folder / BUCKET / NAME).read_text() == f"writer {won[0]}"


def test_parallel_create_only_resumable_uploads_have_one_winner(bucket: storage.Bucket) -> None:
    def write(_: int) -> bool:
        blob = bucket.blob("race", chunk_size=CHUNK)
        try:
            blob.upload_from_file(io.BytesIO(os.urandom(2 * CHUNK)), if_generation_match=0)
        except exceptions.PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(8))) == 1


def test_a_write_whose_answer_is_lost_makes_one_object(bucket: storage.Bucket, storage_control: Control) -> None:
    storage_control.arm("reset_after_commit", operation="objects_insert")
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob(NAME).upload_from_string("once", if_generation_match=0, retry=QUICK_RETRY)
    assert bucket.blob(NAME).download_as_text() == "once"
    assert len(storage_control.requests("objects_insert")) == 2


def test_a_write_without_precondition_happens_twice_when_the_answer_is_lost(
    bucket: storage.Bucket, storage_control: Control
) -> None:
    storage_control.arm("reset_after_commit", operation="objects_insert")
    bucket.blob(NAME).upload_from_string("twice", retry=QUICK_RETRY)
    statuses = [entry["status"] for entry in storage_control.requests("objects_insert")]
    assert statuses == [None, 200]


@pytest.mark.parametrize(
    "fault",
    [{"fault": "status", "status": 503}, {"fault": "status", "status": 429, "retry_after": 1}, {"fault": "reset"}],
    ids=["503", "429", "reset"],
)
def test_the_client_gets_over_a_passing_fault(
    bucket: storage.Bucket, storage_control: Control, fault: dict[str, Any]
) -> None:
    storage_control.arm(operation="objects_insert", times=2, **fault)
    bucket.blob(NAME).upload_from_string("x", if_generation_match=0, retry=QUICK_RETRY)
    assert len(storage_control.requests("objects_insert")) == 3


def test_a_slow_answer_runs_into_the_timeout(bucket: storage.Bucket, storage_control: Control) -> None:
    storage_control.arm("slow", operation="objects_insert", seconds=30)
    with pytest.raises(requests.exceptions.ReadTimeout):
        bucket.blob(NAME).upload_from_string("x", timeout=0.1, retry=None)
    assert bucket.get_blob(NAME) is None


@pytest.mark.parametrize(
    "conditions",
    [{"if_generation_match": 1}, {"if_generation_not_match": 0}, {"if_metageneration_match": 1}],
    ids=lambda conditions: next(iter(conditions)),
)
def test_conditions_on_a_missing_object_fail(bucket: storage.Bucket, conditions: dict[str, int]) -> None:
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob(NAME).upload_from_string("x", **conditions)


def test_conditions_on_an_existing_object_are_checked(bucket: storage.Bucket) -> None:
    blob = bucket.blob(NAME)
    blob.upload_from_string("x")
    generation = blob.generation
    for wrong in (
        {"if_generation_match": generation + 1},
        {"if_generation_not_match": generation},
        {"if_metageneration_match": 2},
        {"if_metageneration_not_match": 1},
    ):
        with pytest.raises(exceptions.PreconditionFailed):
            bucket.blob(NAME).upload_from_string("y", **wrong)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob(NAME).delete(if_generation_match=generation + 1)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob(NAME).reload(if_metageneration_match=2)
    bucket.blob(NAME).upload_from_string("y", if_generation_match=generation)
    assert bucket.blob(NAME).download_as_text() == "y"


def test_generations_only_grow(bucket: storage.Bucket) -> None:
    generations = []
    for _ in range(20):
        blob = bucket.blob(NAME)
        blob.upload_from_string("x")
        generations.append(blob.generation)
    assert generations == sorted(set(generations))


def test_an_old_generation_is_not_found(bucket: storage.Bucket) -> None:
    blob = bucket.blob(NAME)
    blob.upload_from_string("x")
    bucket.blob(NAME).upload_from_string("y")
    assert bucket.get_blob(NAME, generation=blob.generation) is None
