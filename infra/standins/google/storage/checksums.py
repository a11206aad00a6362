"""Checksums a caller sent with the bytes: a mismatch refuses the upload."""

from collections.abc import Mapping
from typing import Any

from standins.google.storage.errors import StorageError
from standins.google.storage.store import crc32c_base64, md5_base64


def expected_checksums(headers: Mapping[str, str], fields: Mapping[str, Any]) -> dict[str, str]:
    """{"crc32c": base64, "md5": base64} as far as given in X-Goog-Hash, Content-MD5 or the object resource."""
    expected = dict(item.strip().split("=", 1) for item in headers.get("X-Goog-Hash", "").split(",") if "=" in item)
    if "Content-MD5" in headers:
        expected["md5"] = headers["Content-MD5"]
    if "md5Hash" in fields:
        expected["md5"] = fields["md5Hash"]
    if "crc32c" in fields:
        expected["crc32c"] = fields["crc32c"]
    return expected


def check(content: bytes, expected: Mapping[str, str]) -> None:
    for kind, label, compute in (("crc32c", "CRC32C", crc32c_base64), ("md5", "MD5 hash", md5_base64)):
        if kind in expected and expected[kind] != (found := compute(content)):
            raise StorageError(400, f'Provided {label} "{expected[kind]}" doesn\'t match calculated {label} "{found}".')
