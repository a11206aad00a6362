"""The steps that ask the site: its page, a client secret, and a write to the log."""

import asyncio
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from .steps import StepFailed, redact

DEFAULT_AGENT = "assistant"
MAX_PAGE_BYTES = 1024 * 1024
MAX_JSON_BYTES = 256 * 1024
LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
SECURITY_HEADERS = ("Content-Security-Policy", "Permissions-Policy", "Referrer-Policy", "X-Content-Type-Options")
CLIENT_SECRET_SHAPE = {"value": str, "expires_at": int, "model": str, "calls_url": str, "max_call_seconds": int}
MAX_TTL_SECONDS = 7200
AGENTS_SECONDS = 15
SIGN_IN = (
    "This site wants a sign-in: set VOICEMINT_INVITE to a new link of scripts/invite.sh, or VOICEMINT_SESSION to the "
    "value of the __session cookie of a browser that is signed in, and run this again."
)


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """What opens a conversation. `value` is a bearer and stays out of every message."""

    value: str = field(repr=False)
    expires_at: int
    model: str
    calls_url: str


@dataclass(slots=True)
class Visit:
    """What one run knows: where to ask, with which headers, and what the steps before found."""

    http: aiohttp.ClientSession
    url: str
    mint_body: dict[str, Any]
    headers: dict[str, str] = field(repr=False)
    invite: str = field(default="", repr=False)
    connect_sources: str = ""
    client_secret: ClientSecret | None = None

    @property
    def agent(self) -> str:
        return str(self.mint_body.get("agent", DEFAULT_AGENT))

    @property
    def minted(self) -> ClientSecret:
        if self.client_secret is None:
            raise RuntimeError("nothing was minted: the step lacks needs='mint'")
        return self.client_secret


def as_the_page(site: str, session_cookie: str) -> dict[str, str]:
    """The headers a browser adds to the page's own requests."""
    cookie = {"Cookie": f"__session={session_cookie}"} if session_cookie else {}
    return {"Origin": site, "Sec-Fetch-Site": "same-origin", **cookie}


async def is_unified(visit: Visit) -> bool:
    """Whether the server opens the agent's calls, as the site's agents.json tells its page.

    False where nothing is told: the steps say what is wrong. Raises ClientConnectorError where nobody answers.
    """
    try:
        async with (
            asyncio.timeout(AGENTS_SECONDS),
            visit.http.get(f"{visit.url}/agents.json", allow_redirects=False) as response,
        ):
            agents = json.loads(await read_capped(response, MAX_JSON_BYTES))
        return any(agent["name"] == visit.agent and agent["setup"] == "unified" for agent in agents)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientError, TimeoutError, ValueError, TypeError, KeyError, RecursionError, StepFailed):
        return False


async def check_page(visit: Visit) -> str:
    async with visit.http.get(visit.url + "/", allow_redirects=False) as response:
        body = await read_capped(response, MAX_PAGE_BYTES)
    expect_status(response, body, {200}, "the page, GET /")
    found = response.headers.get("Content-Type", "no Content-Type")
    if not found.startswith("text/html"):
        raise StepFailed(
            expected="the page as text/html", found=found, todo="Deploy web/dist, or build it: scripts/dev.sh."
        )
    missing = [name for name in SECURITY_HEADERS if name not in response.headers]
    if missing:
        raise StepFailed(
            expected=f"the security headers {', '.join(SECURITY_HEADERS)}",
            found=f"none of: {', '.join(missing)}",
            todo="Deploy the site with the headers of web/firebase.json.",
        )
    visit.connect_sources = _directive(response.headers["Content-Security-Policy"], "connect-src")
    return f"{len(body)} bytes of HTML, {len(SECURITY_HEADERS)} security headers"


async def check_sign_in(visit: Visit) -> str:
    url = f"{visit.url}/api/access"
    body = json.dumps({"invite": visit.invite.rpartition("#i=")[2]})
    headers = {**visit.headers, "Content-Type": "application/json"}
    async with visit.http.post(url, data=body, headers=headers, allow_redirects=False) as response:
        expect_status(response, await read_capped(response, MAX_JSON_BYTES), {204}, f"POST {url}")
    session = response.cookies.get("__session")
    if session is None:
        raise StepFailed(
            expected=f"the cookie __session from POST {url}",
            found="none",
            todo="Check the rule for /api/** in web/firebase.json: without a private Cache-Control no cookie passes.",
        )
    visit.headers["Cookie"] = f"__session={session.value}"
    async with visit.http.get(url, headers=visit.headers, allow_redirects=False) as response:
        answer = await read_capped(response, MAX_JSON_BYTES)
    expect_status(response, answer, {200}, f"GET {url}")
    return f"as {parse_object(answer, f'GET {url}').get('name')}"


async def check_mint(visit: Visit) -> str:
    url = f"{visit.url}/api/client-secrets"
    answer = await post_json(visit, url, json.dumps(visit.mint_body), {"Content-Type": "application/json"})
    for name, kind in CLIENT_SECRET_SHAPE.items():
        if type(answer.get(name)) is not kind:
            raise StepFailed(
                expected=f"{name} ({kind.__name__}) in the answer of {url}",
                found=f"the fields {', '.join(answer) or '(none)'}",
                todo="Check that the function mint-client-secret is what /api/client-secrets is rewritten to.",
            )
    visit.client_secret = ClientSecret(answer["value"], answer["expires_at"], answer["model"], answer["calls_url"])
    expect_usable(visit.client_secret)
    _expect_reachable_from_page(visit)
    return describe(visit.client_secret)


def describe(client_secret: ClientSecret) -> str:
    remaining = client_secret.expires_at - time.time()
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(client_secret.calls_url))
    return f"{client_secret.model}, valid for {remaining:.0f} s, calls go to {origin}"


def expect_usable(client_secret: ClientSecret) -> None:
    """A secret of the right kind that is still valid, for a place where a bearer may be sent."""
    if not client_secret.value.startswith("ek_"):
        raise StepFailed(
            expected="a client secret that starts with ek_", found="another kind of value", todo="Mint a client secret."
        )
    remaining = client_secret.expires_at - time.time()
    if not 0 < remaining <= MAX_TTL_SECONDS:
        raise StepFailed(
            expected=f"an expiry at most {MAX_TTL_SECONDS} s ahead",
            found=f"expires_at {remaining:.0f} s from now",
            todo="Compare this machine's clock with the server's.",
        )
    if not is_safe_url(client_secret.calls_url):
        raise StepFailed(
            expected="calls_url to be https, or on this machine",
            found=client_secret.calls_url,
            todo="Correct OPENAI_BASE_URL of the function mint-client-secret.",
        )


def _expect_reachable_from_page(visit: Visit) -> None:
    """The page may only connect to what its Content-Security-Policy names."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(visit.minted.calls_url))
    if visit.connect_sources and origin not in visit.connect_sources.split():
        raise StepFailed(
            expected=f"connect-src of the page to allow {origin}, where calls go",
            found=visit.connect_sources,
            todo="Add it to Content-Security-Policy in web/firebase.json, and deploy the site again.",
        )


async def check_log_write(visit: Visit) -> str:
    call_id = f"page_smoke_{secrets.token_hex(8)}"  # of no call: the server puts the person behind it
    line = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "direction": "page",
        "event": {"type": "smoke.check"},
    }
    headers = {"Content-Type": "application/x-ndjson", "Voicemint-Batch": f"{call_id}/0"}
    first, again = [await post_json(visit, f"{visit.url}/api/logs", json.dumps(line) + "\n", headers) for _ in range(2)]
    if first == again == {"stored": 0, "object": None}:
        return "accepted; the site keeps no payloads (its level is off)"
    name = str(first.get("object"))
    if first.get("stored") != 1 or not re.fullmatch(
        rf"calls/dt=[\d-]{{10}}/{call_id}(?:_[A-Za-z0-9_-]+)?/000000-[0-9a-f]{{16}}\.ndjson", name
    ):
        raise StepFailed(
            expected='{"stored": 1, "object": "calls/dt=…"}',
            found=json.dumps(first),
            todo="Check that the function log-payload is what /api/logs is rewritten to.",
        )
    if again.get("object") != name:
        raise StepFailed(
            expected=f"the same batch, sent twice, to be the one object {name}",
            found=str(again.get("object")),
            todo="The log is not idempotent: a page that retries stores its events twice. Check log-payload.",
        )
    return f"sent twice, stored once: {name}"


async def post_json(visit: Visit, url: str, body: str, headers: dict[str, str]) -> dict[str, Any]:
    """The JSON object that a POST is answered with; every other answer fails the step."""
    all_headers = {**visit.headers, **headers}
    async with visit.http.post(url, data=body, headers=all_headers, allow_redirects=False) as response:
        answer = await read_capped(response, MAX_JSON_BYTES)
    expect_status(response, answer, {200}, f"POST {url}")
    return parse_object(answer, f"POST {url}")


def expect_status(response: aiohttp.ClientResponse, body: bytes, expected: set[int], what: str) -> None:
    """Fail with the service's own code and sentence, where it gives them."""
    if response.status in expected:
        return
    code, message = _error(body)
    found = f"{response.status} {code or response.reason or ''}".strip()
    if location := response.headers.get("Location"):
        found += f" to {urlsplit(location)._replace(query='', fragment='').geturl()}"
    todo = SIGN_IN if code == "signed_out" else redact(message) or "Look at the service's log."
    raise StepFailed(expected=f"{' or '.join(map(str, sorted(expected)))} for {what}", found=found, todo=todo)


def _error(body: bytes) -> tuple[str, str]:
    """Code and message of the error body that OpenAI's API and ours have in common."""
    try:
        error = json.loads(body)["error"]
        return str(error.get("code") or error.get("type") or ""), str(error.get("message") or "")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "", ""


def parse_object(body: bytes, what: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise StepFailed(
            expected=f"a JSON object from {what}",
            found=body[:80].decode(errors="replace") or "an empty body",
            todo="Something else answers at this address: check the URL and the rewrites of web/firebase.json.",
        )
    return answer


async def read_capped(response: aiohttp.ClientResponse, limit: int) -> bytes:
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise StepFailed(
                expected=f"at most {limit} bytes from {response.url.with_query(None)}",
                found="more",
                todo="Something else answers at this address: check the URL.",
            )
    return body


def is_safe_url(url: str) -> bool:
    """May a credential be sent there? Plain http only to this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
    )


def _directive(policy: str, name: str) -> str:
    return next(
        (part.strip().removeprefix(name).strip() for part in policy.split(";") if part.split()[:1] == [name]), ""
    )
