"""The requests that the stand-in and the real emulator must answer alike.

A difference that is right is named, with its reason: the test then insists that it is still there.
"""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .backend import REPLIES

HOST = "site.example"
TOKENS = "/api/client-secrets"
LOGS = "/api/logs"
DESCRIBING_HEADERS = ("header content-type", "header etag", "header last-modified", "header vary")
SITE_FILES: Mapping[str, str] = {
    "index.html": "<!doctype html><title>Voicemint</title>",
    "agents.json": "{}",
    "favicon.svg": "<svg/>",
    "robots.txt": "User-agent: *",
    "404.html": "<!doctype html><title>Not here</title>",
    "manifest.webmanifest": "{}",
    "assets/call-1a2b3c.js": "export const call = 1;\n" * 200,
    "assets/page-1a2b3c.css": "body{}",
    "assets/page-1a2b3c.js.map": "{}",
    "assets/tone.wav": "RIFF",
    "assets/icon.png": "PNG",
    "assets/icon.ico": "ICO",
    "assets/icon.webp": "WEBP",
    "assets/font.woff2": "wOF2",
    "assets/module.wasm": "wasm",
    "docs/index.html": "<!doctype html><title>Docs</title>",
    "docs/a page.html": "<!doctype html><title>Spaces</title>",
    "docs/grüße.html": "<!doctype html><title>Umlauts</title>",
    "node_modules/left-pad.txt": "never deployed",
    ".hidden": "never deployed",
    ".well-known/security.txt": "Contact: https://example.com",
}


@dataclass(frozen=True)
class Case:
    """One request; `target` goes on the wire as it is."""

    name: str
    target: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | None = None
    differs: tuple[str, ...] = ()  # the parts that must differ, each with its reason beside it


def _static() -> Iterator[Case]:
    yield Case("the page", "/")
    for path in SITE_FILES:
        if path.startswith((".", "node_modules")) or " " in path or not path.isascii():
            continue
        # The emulator says application/javascript; production, as RFC 9239 asks, text/javascript.
        differs = ("header content-type",) if path.endswith(".js") else ()
        yield Case(f"file {path}", f"/{path}", differs=differs)
    yield Case("the page with a query", "/?invite=x&y=%2F")
    yield Case("a folder with its slash", "/docs/")
    yield Case("a folder without its slash", "/docs")
    yield Case("a folder without its slash, with a query", "/docs?a=b")
    yield Case("a folder without an index", "/assets/")
    yield Case("a folder without an index or slash", "/assets")
    yield Case("a file with a slash", "/index.html/")
    yield Case("an encoded space", "/docs/a%20page.html")
    yield Case("encoded UTF-8", "/docs/gr%C3%BC%C3%9Fe.html")
    yield Case("an encoded letter", "/%69ndex.html")
    yield Case("doubled slashes", "//docs//index.html")
    yield Case("a doubled slash before a folder", "//docs")
    yield Case("a file below .well-known", "/.well-known/security.txt")
    yield Case("HEAD of the page", "/", method="HEAD")
    yield Case("HEAD of a missing file", "/nothing.html", method="HEAD")
    yield Case("gzip", "/assets/page-1a2b3c.js.map", headers={"Accept-Encoding": "gzip"})
    yield Case("gzip of a long file", "/long.txt", headers={"Accept-Encoding": "gzip"})
    yield Case("an ETag that is not this file's", "/", headers={"If-None-Match": '"other"'})
    # The emulator never answers 304 for a file; production does.
    yield Case(
        "not changed since",
        "/",
        headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        differs=("status", "body", "header content-type", "header vary"),
    )
    yield Case("changed since", "/", headers={"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"})
    yield Case("an unreadable date", "/", headers={"If-Modified-Since": "yesterday"})
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        yield Case(f"{method} to a file", "/robots.txt", method=method)


def _missing() -> Iterator[Case]:
    yield Case("nothing there", "/nothing")
    yield Case("no such asset", "/assets/old-9f8e7d.js")
    yield Case("a path like a rewrite but longer", f"{TOKENS}/extra")
    yield Case("a path like a rewrite but shorter", "/api")
    yield Case("a rewrite in capitals", "/API/client-secrets")
    yield Case("an encoded rewrite", "/api%2Fclient-secrets")
    yield Case("a rewrite with an encoded letter", "/api/client%2Dsecrets")
    yield Case("climbing out", "/../../etc/passwd")
    yield Case("climbing out, encoded", "/%2e%2e/%2e%2e/etc/passwd")
    yield Case("climbing out, slashes encoded", "/..%2F..%2Fetc%2Fpasswd")
    yield Case("climbing out by backslash", "/..%5c..%5cetc")
    yield Case("climbing within", "/docs/../index.html")
    yield Case("a NUL", "/%00")
    yield Case("POST to nothing", "/nothing", method="POST", body="x")
    # `firebase deploy` leaves out what `ignore` names; the emulator serves it.
    yield Case("an ignored file", "/node_modules/left-pad.txt", differs=("status", "body", "header content-type"))
    # The emulator fails on it with 500; here it is a name that is not there.
    yield Case("a broken escape", "/%zz", differs=("status", "body", *DESCRIBING_HEADERS))


def _rewrites() -> Iterator[Case]:
    json = {"Content-Type": "application/json", "Origin": f"http://{HOST}", "X-Custom": "kept"}
    yield Case("POST JSON", TOKENS, method="POST", headers=json, body='{"agent":"assistant"}')
    yield Case("POST nothing", TOKENS, method="POST", headers={"Content-Length": "0"})
    yield Case("POST to the other function", LOGS, method="POST", headers={"X-Custom": "1"}, body="{}\n" * 1000)
    yield Case("a query", f"{LOGS}?a=1&b=two&empty=")
    yield Case("a trailing slash", f"{LOGS}/", method="POST", headers=json, body="{}")
    # Both match it; the emulator then asks the function for //api//logs, here for what was matched.
    yield Case("doubled slashes to a function", "//api//logs", differs=("body",))
    yield Case("dots to a function", "/docs/../api/logs")
    yield Case("the session cookie", LOGS, headers={"Cookie": "__session=abc"})
    # Production passes only __session; the emulator means to, but its copy loop puts the others back.
    yield Case("many cookies", LOGS, headers={"Cookie": "_ga=1; __session=abc; other=2"}, differs=("body",))
    # The emulator writes the query anew (a+b); here it is kept as sent.
    yield Case("a query with escapes", f"{LOGS}?q=a%20b&c=%2F", differs=("body",))
    for encoding in ("gzip", "br", "deflate", "made-up"):
        said = {**json, "Content-Encoding": encoding}
        yield Case(f"a body that says {encoding} and is not", LOGS, method="POST", headers=said, body="not encoded")
    gzipped = gzip.compress(b"{}\n", mtime=0)
    yield Case("a gzipped body", LOGS, method="POST", headers={**json, "Content-Encoding": "gzip"}, body=gzipped)
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        yield Case(f"{method} to a function", LOGS, method=method)


def _answers() -> Iterator[Case]:
    for reply in [*REPLIES, "to-itself"]:
        yield Case(f"a function that answers {reply}", f"{LOGS}?reply={reply}", method="POST", body="{}")


CASES = [*_static(), *_missing(), *_rewrites(), *_answers()]
