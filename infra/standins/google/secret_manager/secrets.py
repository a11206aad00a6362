"""Secrets and their versions, in memory."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import google_crc32c

from standins.google.errors import GoogleError

SECRET_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
MAX_PAYLOAD_BYTES = 64 * 1024
LATEST = "latest"

_changes = count(1)


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _new_etag() -> str:
    """Quotes belong to it (AIP-154); every change, even one without effect, makes a new one."""
    return f'"{next(_changes):014x}"'


@dataclass
class Version:
    """One version; a destroyed one has no data."""

    name: str
    data: bytes | None
    checksum_given: bool
    state: str = "ENABLED"
    created: str = field(default_factory=_now)
    destroyed: str | None = None
    etag: str = field(default_factory=_new_etag)

    def access(self) -> bytes:
        if self.data is None or self.state != "ENABLED":
            raise GoogleError("FAILED_PRECONDITION", f"Secret Version [{self.name}] is in {self.state} state.")
        return self.data

    def change(self, state: str, etag: str | None) -> None:
        """Enable, disable or destroy; DESTROYED is final."""
        check_etag(self.etag, etag)
        if self.state == "DESTROYED":
            raise GoogleError("FAILED_PRECONDITION", "SecretVersion.state is already DESTROYED.")
        self.state = state
        self.etag = _new_etag()
        if state == "DESTROYED":
            self.data = None
            self.destroyed = _now()

    def resource(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "createTime": self.created,
            **({"destroyTime": self.destroyed} if self.destroyed else {}),
            "state": self.state,
            "replicationStatus": {"automatic": {}},
            "etag": self.etag,
            **({"clientSpecifiedPayloadChecksum": True} if self.checksum_given else {}),
        }


@dataclass
class Secret:
    """One secret; version n is `versions[n - 1]`."""

    name: str
    fields: Mapping[str, Any]
    versions: list[Version] = field(default_factory=list)
    created: str = field(default_factory=_now)
    etag: str = field(default_factory=_new_etag)

    def add_version(self, data: bytes, checksum: int | None) -> Version:
        if not 1 <= len(data) <= MAX_PAYLOAD_BYTES:
            raise GoogleError(
                "INVALID_ARGUMENT", f"The payload has {len(data)} bytes; 1 to {MAX_PAYLOAD_BYTES} are allowed."
            )
        if checksum not in (None, google_crc32c.value(data)):
            raise GoogleError(
                "INVALID_ARGUMENT", "The checksum in SecretPayload.data_crc32c does not match SecretPayload.data."
            )
        version = Version(f"{self.name}/versions/{len(self.versions) + 1}", data, checksum is not None)
        self.versions.append(version)
        return version

    def change(self, fields: Mapping[str, Any], etag: str | None) -> None:
        """Set these fields; those without a value are gone."""
        check_etag(self.etag, etag)
        merged = {**self.fields, **fields}
        self.fields = {name: value for name, value in merged.items() if value}
        self.etag = _new_etag()

    def version(self, number: str) -> Version:
        """By number, or the latest: the one created last, whatever its state."""
        if not self.versions:
            raise GoogleError("NOT_FOUND", f"Secret [{self.name}] not found or has no versions.")
        if number == LATEST:
            return self.versions[-1]
        if not number.isdigit() or not 1 <= int(number) <= len(self.versions):
            raise GoogleError("NOT_FOUND", f"Secret Version [{self.name}/versions/{number}] not found.")
        return self.versions[int(number) - 1]

    def resource(self) -> dict[str, Any]:
        return {"name": self.name, "createTime": self.created, "etag": self.etag, **self.fields}


class Secrets:
    """All secrets of one project, by secret id."""

    def __init__(self, project: str, project_number: str) -> None:
        self._projects = (project, project_number)
        # Google answers with the number even when asked by the id.
        self._parent = f"projects/{project_number}"
        self._secrets: dict[str, Secret] = {}

    def check_project(self, project: str) -> None:
        if project not in self._projects:
            raise GoogleError(
                "PERMISSION_DENIED", f"Permission denied on resource project {project} (or it may not exist)."
            )

    def all(self) -> list[Secret]:
        return [self._secrets[secret_id] for secret_id in sorted(self._secrets)]

    def get(self, secret_id: str) -> Secret:
        if secret_id not in self._secrets:
            raise GoogleError("NOT_FOUND", f"Secret [{self._parent}/secrets/{secret_id}] not found.")
        return self._secrets[secret_id]

    def create(self, secret_id: str, fields: Mapping[str, Any]) -> Secret:
        if not SECRET_ID.fullmatch(secret_id):
            raise GoogleError("INVALID_ARGUMENT", f"Invalid secret id [{secret_id}].")
        name = f"{self._parent}/secrets/{secret_id}"
        if secret_id in self._secrets:
            raise GoogleError("ALREADY_EXISTS", f"Secret [{name}] already exists.")
        self._secrets[secret_id] = Secret(name, fields)
        return self._secrets[secret_id]

    def delete(self, secret_id: str, etag: str | None) -> None:
        check_etag(self.get(secret_id).etag, etag)
        del self._secrets[secret_id]


def check_etag(current: str, given: str | None) -> None:
    if given and given != current:
        raise GoogleError(
            "FAILED_PRECONDITION", f"The etag provided ({given}) does not match the current etag ({current})."
        )


def payload(data: bytes) -> dict[str, str]:
    """SecretPayload in JSON: 64-bit numbers are strings there."""
    return {"data": base64.b64encode(data).decode(), "dataCrc32c": str(google_crc32c.value(data))}
