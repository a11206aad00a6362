"""Buckets and objects as the JSON API shows them."""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from aiohttp import web

from standins.google.storage.store import BucketRecord, Record

MULTI_REGIONS = frozenset({"ASIA", "EU", "US"})
# Google keeps what is deleted for a week unless a bucket says otherwise.
SOFT_DELETE = {"retentionDurationSeconds": "604800"}
WRITABLE_OBJECT_FIELDS = frozenset(
    {
        "cacheControl",
        "contentDisposition",
        "contentEncoding",
        "contentLanguage",
        "contentType",
        "customTime",
        "metadata",
        "storageClass",
    }
)
WRITABLE_BUCKET_FIELDS = frozenset(
    {
        "defaultEventBasedHold",
        "iamConfiguration",
        "labels",
        "lifecycle",
        "location",
        "retentionPolicy",
        "storageClass",
        "softDeletePolicy",
        "versioning",
    }
)


def bucket_resource(request: web.Request, record: BucketRecord) -> dict[str, Any]:
    return {
        "kind": "storage#bucket",
        "id": record.name,
        "selfLink": f"{request.url.origin()}/storage/v1/b/{record.name}",
        "projectNumber": record.project_number,
        "name": record.name,
        "timeCreated": record.created,
        "updated": record.updated or record.created,
        "metageneration": str(record.metageneration),
        "etag": base64.b64encode(b"\x08%d" % record.metageneration).decode(),
        "storageClass": "STANDARD",
        **record.attributes,
        **_location(record.attributes),
        "iamConfiguration": _iam_configuration(record),
        "softDeletePolicy": {
            **SOFT_DELETE,
            **attributes_of(record, "softDeletePolicy"),
            "effectiveTime": record.created,
        },
    }


def attributes_of(record: BucketRecord, field: str) -> dict[str, Any]:
    return dict(record.attributes.get(field) or {})


def _location(attributes: Mapping[str, Any]) -> dict[str, str]:
    location = str(attributes.get("location") or "US").upper()
    return {"location": location, "locationType": "multi-region" if location in MULTI_REGIONS else "region"}


def _iam_configuration(record: BucketRecord) -> dict[str, Any]:
    """Uniform access is called bucketPolicyOnly too, and can be taken back for 90 days."""
    given = attributes_of(record, "iamConfiguration")
    uniform = given.get("uniformBucketLevelAccess") or given.get("bucketPolicyOnly") or {}
    shown: dict[str, Any] = {"enabled": bool(uniform.get("enabled"))}
    if shown["enabled"]:
        until = datetime.fromisoformat(record.created) + timedelta(days=90)
        shown["lockedTime"] = until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    prevention = given.get("publicAccessPrevention", "inherited")
    return {"bucketPolicyOnly": shown, "uniformBucketLevelAccess": shown, "publicAccessPrevention": prevention}


def merged(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7396), which is what Google's PATCH is."""
    result = dict(old)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            nested = result.get(key)
            result[key] = merged(nested if isinstance(nested, dict) else {}, value)
        else:
            result[key] = value
    return result


def object_resource(request: web.Request, bucket: str, record: Record) -> dict[str, Any]:
    link = object_link(request, bucket, record.name)
    media_link = link.replace("/storage/", "/download/storage/", 1)
    return {
        "kind": "storage#object",
        "id": f"{bucket}/{record.name}/{record.generation}",
        "selfLink": link,
        "mediaLink": f"{media_link}?generation={record.generation}&alt=media",
        "name": record.name,
        "bucket": bucket,
        "generation": str(record.generation),
        "metageneration": str(record.metageneration),
        "size": str(record.size),
        "md5Hash": record.md5,
        "crc32c": record.crc32c,
        "etag": etag(record),
        "timeCreated": record.created,
        "updated": record.updated,
        "timeFinalized": record.created,
        "timeStorageClassUpdated": record.created,
        "storageClass": "STANDARD",
        **record.attributes,
    }


def object_link(request: web.Request, bucket: str, name: str) -> str:
    return f"{request.url.origin()}/storage/v1/b/{bucket}/o/{quote(name, safe='')}"


def etag(record: Record) -> str:
    return base64.b64encode(f"{record.generation}.{record.metageneration}".encode()).decode()


def object_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request's object resource that a caller may set."""
    return {name: value for name, value in body.items() if name in WRITABLE_OBJECT_FIELDS}


def bucket_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name in WRITABLE_BUCKET_FIELDS}
