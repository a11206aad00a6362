"""Uploads in one request: media (the body is the object) and multipart (JSON, then the object)."""

from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from aiohttp import web

from standins.google.storage import checksums
from standins.google.storage.conditions import Conditions
from standins.google.storage.errors import StorageError
from standins.google.storage.requests import bucket_of, checked_name, parse_json_object
from standins.google.storage.resources import object_fields, object_resource
from standins.google.storage.resumable import start_upload


async def objects_insert(request: web.Request) -> web.Response:
    """POST /upload/storage/v1/b/{bucket}/o?uploadType=..."""
    upload_type = request.query.get("uploadType")
    if upload_type == "resumable":
        return await start_upload(request)
    body = await request.read()
    if upload_type == "media":
        return _insert(request, {}, request.headers.get("Content-Type"), body)
    if upload_type == "multipart":
        return _insert(request, *parse_related(request.headers.get("Content-Type", ""), body))
    raise StorageError(400, f"Invalid uploadType {upload_type!r}: use media, multipart or resumable.")


def _insert(request: web.Request, fields: dict[str, Any], content_type: str | None, content: bytes) -> web.Response:
    checksums.check(content, checksums.expected_checksums(request.headers, fields))
    attributes = object_fields(fields)
    if content_type:
        attributes.setdefault("contentType", content_type)
    bucket = bucket_of(request)
    name = checked_name(request.query.get("name") or fields.get("name"))
    record = bucket.write(name, content, Conditions.from_query(request.query), attributes)
    return web.json_response(object_resource(request, bucket.name, record))


def parse_related(content_type: str, body: bytes) -> tuple[dict[str, Any], str | None, bytes]:
    """multipart/related with two parts -> (object resource, content type, content)."""
    boundary = _boundary(content_type)
    # gcloud ends its lines with LF alone, and Google takes that.
    line_end = b"\r\n" if body.startswith(b"--%b\r\n" % boundary) else b"\n"
    # The first delimiter has no line break of its own before it; giving it one makes all alike.
    parts = (line_end + body).split(b"%b--%b" % (line_end, boundary))
    if len(parts) != 4 or not parts[3].startswith(b"--"):
        raise StorageError(400, "Malformed multipart body: two parts are expected.")
    _, resource = _part(parts[1], line_end)
    headers, content = _part(parts[2], line_end)
    return parse_json_object(resource), headers.get("Content-Type"), content


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/related" or not isinstance(boundary, str):
        raise StorageError(400, "Malformed multipart body: Content-Type is not multipart/related; boundary=...")
    return boundary.strip("'").encode()  # gcloud quotes it with apostrophes, which RFC 2045 does not know


def _part(part: bytes, line_end: bytes) -> tuple[Message, bytes]:
    head, separator, content = part.partition(line_end * 2)
    if not separator:
        raise StorageError(400, "Malformed multipart body: a part has no empty line after its headers.")
    return BytesHeaderParser().parsebytes(head.removeprefix(line_end)), content
