"""Buckets and objects on disk. Disk is the only state: what a person deletes from the folder is gone.

Nothing here awaits, and the stand-in has one event loop, so a check and the write after it are one step.
"""

import base64
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import google_crc32c

from standins.google.storage import names
from standins.google.storage.conditions import Conditions
from standins.google.storage.errors import StorageError, no_such_bucket, no_such_object

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{1,220}[a-z0-9]")
BUCKET_FILE = ".bucket"
OBJECT_METADATA = ".*.json"
PROJECT_NUMBER = "100000000000"
DEFAULT_CONTENT_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class Record:
    """What is kept about an object beside its bytes; `attributes` are the fields a caller may set."""

    name: str
    generation: int
    metageneration: int
    size: int
    md5: str
    crc32c: str
    created: str
    updated: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class BucketRecord:
    """What is kept about a bucket; `attributes` are the fields a caller may set."""

    name: str
    created: str
    attributes: Mapping[str, Any]
    project_number: str = PROJECT_NUMBER
    metageneration: int = 1
    updated: str = ""


def md5_base64(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def crc32c_base64(content: bytes) -> str:
    return base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()


def now() -> str:
    """The time as Cloud Storage writes it: 2026-11-21T10:00:00.000Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Bucket:
    """One bucket's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last_generation = 0

    @property
    def name(self) -> str:
        return self.folder.name

    def record(self) -> BucketRecord:
        return BucketRecord(**json.loads((self.folder / BUCKET_FILE).read_text()))

    def save(self, record: BucketRecord) -> None:
        _write_whole(self.folder / BUCKET_FILE, json.dumps(asdict(record), indent=1).encode())

    def change(self, attributes: Mapping[str, Any]) -> BucketRecord:
        """Replace the fields a caller may set."""
        record = self.record()
        changed = replace(record, attributes=attributes, updated=now(), metageneration=record.metageneration + 1)
        self.save(changed)
        return changed

    def find(self, name: str) -> Record | None:
        record = self._load(self.folder / names.metadata_path(name))
        return record if record is not None and record.name == name else None

    def get(self, name: str) -> Record:
        record = self.find(name)
        if record is None:
            raise no_such_object(self.name, name)
        return record

    def content(self, name: str) -> bytes:
        return (self.folder / names.data_path(name)).read_bytes()

    def records(self, prefix: str = "") -> Iterator[Record]:
        """Every object whose name starts with `prefix`, in no order."""
        for path in (self.folder / names.folder_path(prefix)).rglob(OBJECT_METADATA):
            record = self._load(path)
            if record is not None and record.name.startswith(prefix):
                yield record

    def write(self, name: str, content: bytes, conditions: Conditions, attributes: Mapping[str, Any]) -> Record:
        """Create the object or replace it, unless the conditions forbid it."""
        there = self.find(name)
        conditions.check_write(there)
        self._refuse_what_is_kept(there)
        self._refuse_a_disk_that_confuses_names(name)
        moment = now()
        record = Record(
            name=name,
            generation=self._next_generation(),
            metageneration=1,
            size=len(content),
            md5=md5_base64(content),
            crc32c=crc32c_base64(content),
            created=moment,
            updated=moment,
            attributes={"contentType": DEFAULT_CONTENT_TYPE, **attributes},
        )
        # The metadata is what makes an object exist, so it comes last.
        _write_whole(self.folder / names.data_path(name), content)
        self._save(record)
        return record

    def update(self, name: str, conditions: Conditions, attributes: Mapping[str, Any]) -> Record:
        """Replace the fields a caller may set."""
        record = self.get(name)
        conditions.check_write(record)
        changed = replace(record, metageneration=record.metageneration + 1, updated=now(), attributes=attributes)
        self._save(changed)
        return changed

    def delete(self, name: str, conditions: Conditions) -> None:
        conditions.check_write(self.get(name))
        self._refuse_what_is_kept(self.get(name))
        path = self.folder / names.data_path(name)
        (self.folder / names.metadata_path(name)).unlink()
        path.unlink()
        for folder in path.parents:
            if folder == self.folder or any(folder.iterdir()):
                break
            folder.rmdir()

    def _save(self, record: Record) -> None:
        text = json.dumps(asdict(record), ensure_ascii=False, indent=1)
        _write_whole(self.folder / names.metadata_path(record.name), text.encode())

    def _load(self, metadata: Path) -> Record | None:
        try:
            record = Record(**json.loads(metadata.read_text()))
        except FileNotFoundError:
            return None
        return record if (self.folder / names.data_path(record.name)).is_file() else None

    def _refuse_a_disk_that_confuses_names(self, name: str) -> None:
        there = self._load(self.folder / names.metadata_path(name))
        if there is not None and there.name != name:
            raise StorageError(500, f"The disk under {self.folder} cannot tell {name!r} from {there.name!r}.")

    def _refuse_what_is_kept(self, there: Record | None) -> None:
        """An object younger than the bucket's retention period is neither replaced nor deleted."""
        kept = self.record().attributes.get("retentionPolicy") if there else None
        if there is None or not kept:
            return
        until = datetime.fromisoformat(there.created) + timedelta(seconds=int(kept["retentionPeriod"]))
        if datetime.now(UTC) < until:
            raise StorageError(
                403,
                f"Object '{self.name}/{there.name}' is subject to bucket's retention policy or object retention and "
                f"cannot be deleted or overwritten until {until.isoformat()}",
                "retentionPolicyNotMet",
            )

    def _next_generation(self) -> int:
        self._last_generation = max(time.time_ns() // 1000, self._last_generation + 1)
        return self._last_generation


class Store:
    """All buckets: the folders in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._buckets: dict[str, Bucket] = {}
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # what people said lies here: no other user of the machine looks in

    def buckets(self) -> list[Bucket]:
        return [self.bucket(path.name) for path in sorted(self._folder.iterdir()) if (path / BUCKET_FILE).is_file()]

    def has(self, name: str) -> bool:
        return BUCKET_NAME.fullmatch(name) is not None and (self._folder / name / BUCKET_FILE).is_file()

    def bucket(self, name: str) -> Bucket:
        if not self.has(name):
            raise no_such_bucket()
        return self._buckets.setdefault(name, Bucket(self._folder / name))

    def create_bucket(self, name: str, attributes: Mapping[str, Any], project_number: str = PROJECT_NUMBER) -> Bucket:
        if not BUCKET_NAME.fullmatch(name) or ".." in name:
            raise StorageError(400, f"Invalid bucket name: '{name}'")
        if self.has(name):
            raise StorageError(
                409, "Your previous request to create the named bucket succeeded and you already own it."
            )
        bucket = Bucket(self._folder / name)
        bucket.save(BucketRecord(name, now(), attributes, project_number))
        return self._buckets.setdefault(name, bucket)

    def delete_bucket(self, name: str) -> None:
        bucket = self.bucket(name)
        if any(bucket.records()):
            raise StorageError(409, "The bucket you tried to delete is not empty.")
        (bucket.folder / BUCKET_FILE).unlink()
        if not any(bucket.folder.iterdir()):
            bucket.folder.rmdir()


def _write_whole(path: Path, content: bytes) -> None:
    """Write so that a reader, or the next start after a crash, sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)
