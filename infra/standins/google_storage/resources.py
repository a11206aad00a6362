"""Buckets and objects as the JSON API shows them."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from standins.google_storage.store import BucketRecord, Record

PROJECT_NUMBER = "100000000000"
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
    {"iamConfiguration", "labels", "lifecycle", "location", "storageClass", "softDeletePolicy", "versioning"}
)


def bucket_resource(request: web.Request, record: BucketRecord) -> dict[str, Any]:
    return {
        "kind": "storage#bucket",
        "id": record.name,
        "selfLink": f"{request.url.origin()}/storage/v1/b/{record.name}",
        "projectNumber": PROJECT_NUMBER,
        "name": record.name,
        "timeCreated": record.created,
        "updated": record.created,
        "metageneration": "1",
        "etag": "CAE=",
        "location": "US",
        "locationType": "multi-region",
        "storageClass": "STANDARD",
        **record.attributes,
    }


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
