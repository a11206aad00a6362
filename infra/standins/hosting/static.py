"""The files of the site."""

import hashlib
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from aiohttp import web

from standins.hosting.config import Site

INDEX = "index.html"
NOT_FOUND_PAGE = "404.html"
DEFAULT_NOT_FOUND = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Page not found</title>
<h1>Page not found</h1><p>Nothing was deployed under this address.</p></html>
"""
# A fixed table, because Python's own depends on the machine. What a web build emits, as Hosting names it.
CONTENT_TYPES = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".map": "application/json; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wave",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
COMPRESSIBLE = re.compile(r"text/|application/(javascript|json|manifest\+json|wasm|xml)|image/(svg\+xml|vnd)")
COMPRESSED_FROM_BYTES = 1024
GZIP_LEVEL = 6
GZIP = 16 + zlib.MAX_WBITS  # zlib's own header, as the emulator has it; that of Python's gzip changed with 3.13


@dataclass(frozen=True)
class File:
    path: Path
    content: bytes
    modified: datetime

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()}"'

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES.get(self.path.suffix.lower(), "application/octet-stream")


def static_answer(request: web.Request, site: Site, path: str) -> web.Response | None:
    """The file at `path`, the index of that folder, a redirect to the folder's own address, or None."""
    collapsed = re.sub("/+", "/", path)
    if collapsed == f"/{NOT_FOUND_PAGE}":
        return None
    is_folder = collapsed.endswith("/")
    file = None if is_folder else _find(site, collapsed)
    index = file or _find(site, f"{collapsed.rstrip('/')}/{INDEX}")
    if index is None:
        return None
    if file is None and not is_folder:
        _, question_mark, query = request.raw_path.partition("?")
        return _redirect(f"{collapsed}/{question_mark}{query}")
    return _not_modified(request, index) or _whole(request, index)


def not_found(request: web.Request, site: Site) -> web.Response:
    """The site's 404 page, or Hosting's own."""
    page = _find(site, f"/{NOT_FOUND_PAGE}")
    if page is not None:
        response = _whole(request, page)
        response.set_status(404)
    else:
        response = web.Response(status=404, text=DEFAULT_NOT_FOUND, content_type="text/html")
        response.headers["Cache-Control"] = "public, max-age=3600"
    for key, value in site.headers(f"/{NOT_FOUND_PAGE}"):
        response.headers[key] = value
    return response


def _find(site: Site, path: str) -> File | None:
    segments = [unquote(segment) for segment in path.split("/")[1:]]
    if any(segment in (".", "..") or set("/\\\0") & set(segment) for segment in segments):
        return None
    file = site.public.joinpath(*segments)
    try:
        if not file.is_file() or not site.is_deployed(file.relative_to(site.public).as_posix()):
            return None
        modified = datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
        return File(file, file.read_bytes(), modified)
    except OSError:  # a name too long for the disk, or gone meanwhile
        return None


def _redirect(location: str) -> web.Response:
    return web.Response(
        status=301,
        text=f"Redirecting to {location}",
        headers={"Location": location, "Content-Type": "text/html; charset=utf-8"},
    )


def _not_modified(request: web.Request, file: File) -> web.Response | None:
    """304 when the caller has this very file (RFC 9110, 13.2.2)."""
    known = request.headers.get("If-None-Match")
    if known is not None:
        matches = known == "*" or file.etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]
    else:
        matches = _since(request.headers.get("If-Modified-Since")) >= file.modified
    return web.Response(status=304, headers=_validators(file)) if matches else None


def _since(date: str | None) -> datetime:
    try:
        since = parsedate_to_datetime(date or "")
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return since if since.tzinfo else since.replace(tzinfo=UTC)


def _whole(request: web.Request, file: File) -> web.Response:
    content, headers = file.content, _validators(file)
    headers["Content-Type"] = file.content_type
    if COMPRESSIBLE.match(file.content_type):
        headers["Vary"] = "Accept-Encoding"
        accepts_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        if accepts_gzip and request.method != "HEAD" and len(content) >= COMPRESSED_FROM_BYTES:
            headers["Content-Encoding"] = "gzip"
            content = _compressed(content)
    return web.Response(body=content, headers=headers)


@lru_cache(maxsize=32)
def _compressed(content: bytes) -> bytes:
    compressor = zlib.compressobj(GZIP_LEVEL, wbits=GZIP)
    return compressor.compress(content) + compressor.flush()


def _validators(file: File) -> dict[str, str]:
    return {"ETag": file.etag, "Last-Modified": format_datetime(file.modified, usegmt=True)}
