"""Resumable uploads: a session takes chunks until its last byte is there, and tells how far it is when asked.

https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from standins.google.storage import checksums
from standins.google.storage.conditions import Conditions
from standins.google.storage.errors import StorageError
from standins.google.storage.requests import bucket_of, checked_name, json_object
from standins.google.storage.resources import object_fields, object_resource
from standins.google.storage.store import Bucket, Record

MAX_CONTENT_BYTES = 64 * 1024 * 1024
CHUNK_MULTIPLE_BYTES = 256 * 1024
MAX_SESSIONS = 100
CONTENT_RANGE = re.compile(r"bytes (?:(?P<start>\d{1,15})-(?P<end>\d{1,15})|\*)/(?P<total>\d{1,15}|\*)")


@dataclass
class Session:
    """One upload in progress, and its result once it is done."""

    bucket: Bucket
    name: str
    fields: dict[str, Any]
    attributes: dict[str, Any]
    conditions: Conditions
    content: bytearray = field(default_factory=bytearray)
    record: Record | None = None


SESSIONS = web.AppKey("sessions", dict[str, Session])


async def start_upload(request: web.Request) -> web.Response:
    """POST ...?uploadType=resumable: answers with the session's address."""
    fields = await json_object(request)
    attributes = object_fields(fields)
    if content_type := request.headers.get("X-Upload-Content-Type"):
        attributes.setdefault("contentType", content_type)
    bucket = bucket_of(request)
    name = checked_name(request.query.get("name") or fields.get("name"))
    session = Session(bucket, name, fields, attributes, Conditions.from_query(request.query))
    session.conditions.check_write(bucket.find(name))
    upload_id = uuid.uuid4().hex
    sessions = request.app[SESSIONS]
    while len(sessions) >= MAX_SESSIONS:
        del sessions[next(iter(sessions))]
    sessions[upload_id] = session
    address = request.url.update_query(upload_id=upload_id)
    return web.Response(headers={"Location": str(address), "X-GUploader-UploadID": upload_id})


async def objects_resume(request: web.Request) -> web.Response:
    """PUT to the session's address: a chunk, or the question how far it is."""
    session = _session(request)
    chunk = await request.read()
    if session.record is None:
        start, total = parse_content_range(request.headers.get("Content-Range"), len(chunk))
        if start is not None:
            _append(session.content, start, chunk, total)
        if total is None or len(session.content) < total:
            return _incomplete(session)
        session.record = _finish(session, request)
    return web.json_response(object_resource(request, session.bucket.name, session.record))


async def objects_cancel(request: web.Request) -> web.Response:
    """DELETE the session. 499 is Google's answer to a cancelled upload."""
    _session(request)
    del request.app[SESSIONS][request.query["upload_id"]]
    return web.Response(status=499)


def parse_content_range(header: str | None, length: int) -> tuple[int | None, int | None]:
    """(where the chunk starts or None for a question, the whole size or None when not known yet)."""
    if header is None:
        return 0, length
    match = CONTENT_RANGE.fullmatch(header)
    if match is None:
        raise StorageError(400, f"Failed to parse Content-Range header {header!r}.")
    total = None if match["total"] == "*" else int(match["total"])
    if match["start"] is None:
        return None, total
    start, end = int(match["start"]), int(match["end"])
    if end - start + 1 != length:
        raise StorageError(400, f"Content-Range {header!r} does not fit a body of {length} bytes.")
    return start, total


def _append(content: bytearray, start: int, chunk: bytes, total: int | None) -> None:
    if start > len(content):
        raise StorageError(400, f"The chunk starts at {start}; bytes up to {len(content)} have arrived.")
    if start + len(chunk) > MAX_CONTENT_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_CONTENT_BYTES, start + len(chunk))
    content += chunk[len(content) - start :]
    if len(content) != total:
        # Of a chunk that is not the last, Google keeps whole multiples of 256 KiB.
        del content[len(content) - len(content) % CHUNK_MULTIPLE_BYTES :]


def _finish(session: Session, request: web.Request) -> Record:
    content = bytes(session.content)
    checksums.check(content, checksums.expected_checksums(request.headers, session.fields))
    record = session.bucket.write(session.name, content, session.conditions, session.attributes)
    session.content.clear()
    return record


def _incomplete(session: Session) -> web.Response:
    headers = {"Range": f"bytes=0-{len(session.content) - 1}"} if session.content else {}
    return web.Response(status=308, headers=headers)


def _session(request: web.Request) -> Session:
    session = request.app[SESSIONS].get(request.query.get("upload_id", ""))
    if session is None:
        raise StorageError(404, "No such upload: upload_id is not known; start the upload again.")
    return session
