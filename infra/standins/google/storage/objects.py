"""Objects over HTTP: everything but uploads."""

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from standins.google.storage.conditions import Conditions
from standins.google.storage.errors import StorageError, no_such_object
from standins.google.storage.listing import list_page
from standins.google.storage.requests import bucket_of, json_object
from standins.google.storage.resources import etag, merged, object_fields, object_resource
from standins.google.storage.store import Record


async def objects_list(request: web.Request) -> web.Response:
    bucket = bucket_of(request)
    if "versions" in request.query and bucket.record().attributes.get("versioning", {}).get("enabled"):
        raise StorageError(400, "This stand-in keeps no older versions of objects, so it cannot list them.")
    page = list_page(bucket.records(request.query.get("prefix", "")), request.query)
    answer: dict[str, Any] = {"kind": "storage#objects"}
    if page.objects:
        answer["items"] = [object_resource(request, bucket.name, record) for record in page.objects]
    if page.prefixes:
        answer["prefixes"] = page.prefixes
    if page.next_token:
        answer["nextPageToken"] = page.next_token
    return web.json_response(answer)


async def objects_get(request: web.Request) -> web.Response:
    bucket = bucket_of(request)
    record = bucket.get(request.match_info["object"])
    if request.query.get("generation") not in (None, str(record.generation)):
        raise no_such_object(bucket.name, record.name)
    Conditions.from_query(request.query).check_read(record)
    if request.query.get("alt") == "media":
        return _download(request, record, bucket.content(record.name))
    return web.json_response(object_resource(request, bucket.name, record), headers={"ETag": etag(record)})


async def objects_patch(request: web.Request) -> web.Response:
    """Change the fields given; null removes one."""
    changes = object_fields(await json_object(request))
    bucket = bucket_of(request)
    record = bucket.get(request.match_info["object"])
    attributes = merged(record.attributes, changes)
    record = bucket.update(record.name, Conditions.from_query(request.query), attributes)
    return web.json_response(object_resource(request, bucket.name, record))


async def objects_delete(request: web.Request) -> web.Response:
    bucket_of(request).delete(request.match_info["object"], Conditions.from_query(request.query))
    return web.Response(status=204)


def _download(request: web.Request, record: Record, content: bytes) -> web.Response:
    """The bytes, or the part a Range header asks for."""
    headers = _media_headers(record)
    span = _requested_range(request, len(content))
    if span is None:
        return web.Response(body=content, headers=headers)
    start, stop = span
    if start >= stop:
        headers["Content-Range"] = f"bytes */{len(content)}"
        return web.Response(status=416, text="The requested range cannot be satisfied.", headers=headers)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
    return web.Response(status=206, body=content[start:stop], headers=headers)


def _requested_range(request: web.Request, size: int) -> tuple[int, int] | None:
    """Start and stop, or None for the whole; a Range that cannot be read is ignored (RFC 9110, 14.2)."""
    if "Range" not in request.headers:
        return None
    try:
        start, stop, _ = request.http_range.indices(size)
    except ValueError:
        return None
    return start, stop


def _media_headers(record: Record) -> dict[str, str]:
    attributes = record.attributes
    headers = {
        "Content-Type": attributes.get("contentType"),
        "Content-Encoding": attributes.get("contentEncoding"),
        "Content-Disposition": attributes.get("contentDisposition"),
        "Cache-Control": attributes.get("cacheControl"),
        "ETag": etag(record),
        "Last-Modified": format_datetime(datetime.fromisoformat(record.updated), usegmt=True),
        "Accept-Ranges": "bytes",
        "X-Goog-Generation": str(record.generation),
        "X-Goog-Metageneration": str(record.metageneration),
        "X-Goog-Hash": f"crc32c={record.crc32c},md5={record.md5}",
        "X-Goog-Storage-Class": attributes.get("storageClass", "STANDARD"),
        "X-Goog-Stored-Content-Encoding": attributes.get("contentEncoding", "identity"),
        "X-Goog-Stored-Content-Length": str(record.size),
    }
    return {name: value for name, value in headers.items() if value is not None}
