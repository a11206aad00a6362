"""Every stand-in is asked by programs of this machine that may, and by no website."""

import http.client
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from standins import hosting
from standins import openai as openai_realtime
from standins.google import cloud_run as google_cloud_run
from standins.google import cloud_tasks as google_cloud_tasks
from standins.google import metadata as google_metadata
from standins.google import secret_manager as google_secret_manager
from standins.google import storage as google_storage
from standins.google.identity import CERTS_PATH
from standins.guard import leads_to_this_machine
from standins.local.site import FIREBASE_JSON, rewritten_services
from standins.serving import ServerThread, serving

TOKEN = "the-token-of-this-run"
CALLS = "/v1/realtime/calls"
STORED, SECRETS = "/storage/v1/b?project=voicemint-local", "/v1/projects/voicemint-local/secrets"
# What each answers with 200 to a program that has the token.
ASKED = {
    "storage": STORED,
    "secret manager": SECRETS,
    "tasks": CERTS_PATH,
    "metadata": "/",
    "openai": "/_standin/calls",
    "hosting": "/",
}
CLOSED = {"storage": STORED, "secret manager": SECRETS, "openai": "/_standin/calls"}
OF_ANOTHER_SITE = [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost@evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]
Urls = Mapping[str, str]


def applications(folder: Path) -> dict[str, web.Application]:
    (folder / "dist").mkdir()
    (folder / "dist" / "index.html").write_text("the page")
    shutil.copy(FIREBASE_JSON, folder)
    services = dict.fromkeys(rewritten_services(FIREBASE_JSON), "http://127.0.0.1:1")
    return {
        "storage": google_storage.create_app(folder / "buckets", buckets=["payloads"]),
        "secret manager": google_secret_manager.create_app({"openai-api-key": b"a key"}),
        "tasks": google_cloud_tasks.create_app({}),
        "metadata": google_metadata.create_app(),
        "openai": openai_realtime.create_app(),
        "hosting": hosting.create_app(folder / "firebase.json", services),
        "cloud run": google_cloud_run.create_app({}),
    }


@pytest.fixture(scope="module")
def urls(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory) -> Urls:
    apps = applications(tmp_path_factory.mktemp("guarded"))
    return {name: servers.enter(serving(app, token=TOKEN)) for name, app in apps.items()}


def ask(url: str, target: str, method: str = "GET", body: bytes | None = None, **headers: str | None) -> int:
    """The status. A header that is None is left out; one is sent twice for two lines."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    given = {"Host": urlsplit(url).netloc, "Authorization": f"Bearer {TOKEN}", **headers}
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in given.items():
        for line in (value or "").splitlines():
            connection.putheader(name, line)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:5000", "LocalHost", "[::1]:65535"])
def test_this_machine_is_asked_by_its_own_names(urls: Urls, name: str, host: str) -> None:
    assert ask(urls[name], ASKED[name], Host=host) == 200


@pytest.mark.parametrize("name", [*ASKED, "cloud run"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "evil-localhost",
     "localhost:80:80", "127.0.0.1:a", "127.0.0.2", "0.0.0.0", "[::]", "user@localhost", "storage.googleapis.com",
     "metadata.google.internal", "api.openai.com", "site.web.app", "localhost\nevil.example",
     "evil.example\nlocalhost", None],
)  # fmt: skip
def test_no_other_name_leads_to_a_stand_in(urls: Urls, name: str, host: str | None) -> None:
    """As a website asks whose own name leads to 127.0.0.1 (DNS rebinding)."""
    assert ask(urls[name], ASKED.get(name, "/"), Host=host) in (400, 403)


@pytest.mark.parametrize("name", [name for name in (*ASKED, "cloud run") if name != "hosting"])
@pytest.mark.parametrize("headers", OF_ANOTHER_SITE)
def test_another_sites_page_is_refused(urls: Urls, name: str, headers: dict[str, str]) -> None:
    assert ask(urls[name], ASKED.get(name, "/"), **headers) == 403
    assert ask(urls[name], ASKED.get(name, "/"), "POST", b"{}", **headers) == 403


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}])
def test_a_person_may_look_at_a_stand_in(urls: Urls, headers: dict[str, str]) -> None:
    assert ask(urls["openai"], "/_standin/calls", **headers) == 200
    assert ask(urls["openai"], "/_standin/calls", Origin=urls["openai"], **headers) == 200


def test_a_page_of_this_machine_may_open_calls_at_openai_and_do_nothing_else(urls: Urls) -> None:
    page = {"Origin": "http://localhost:5000", "Sec-Fetch-Site": "cross-site", "Authorization": None}
    assert ask(urls["openai"], CALLS, "OPTIONS", **page) == 204
    assert ask(urls["openai"], CALLS, "POST", b"v=0", **page) == 401
    assert ask(urls["openai"], f"{CALLS}/rtc_1/hangup", "POST", **page) == 403
    assert ask(urls["openai"], "/_standin/calls", **page) == 403
    assert ask(urls["openai"], CALLS, "POST", b"v=0", **(page | {"Origin": "https://evil.example"})) == 403


WRITES = [
    ("openai", "/_standin/calls"),
    ("openai", "/_standin/webhooks"),
    ("openai", "/%5Fstandin/faults"),
    ("storage", "/_standin/faults"),
    ("storage", STORED),
    ("secret manager", f"{SECRETS}/openai-api-key:addVersion"),
    ("secret manager", f"{SECRETS}?secretId=new"),
    ("tasks", "/v2/projects/voicemint-local/locations/us-central1/queues/calls/tasks"),
]


@pytest.mark.parametrize(("name", "target"), WRITES)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None]
)
def test_what_a_browser_sends_without_asking_is_not_taken(
    urls: Urls, name: str, target: str, content_type: str | None
) -> None:
    headers = {"Content-Type": content_type}
    assert ask(urls[name], target, "POST", b"{}", **headers) == 415


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream", None])
def test_an_object_may_have_any_type(urls: Urls, content_type: str | None) -> None:
    target = "/upload/storage/v1/b/payloads/o?uploadType=media&name=a"
    headers = {"Content-Type": content_type}
    assert ask(urls["storage"], target, "POST", b"x", **headers) == 200


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer ", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer \xff"]
)
@pytest.mark.parametrize("name", CLOSED)
def test_a_run_with_a_token_answers_nobody_without(urls: Urls, name: str, given: str | None) -> None:
    assert ask(urls[name], CLOSED[name], Authorization=given) == 401


def test_what_google_publishes_needs_no_token(urls: Urls) -> None:
    assert ask(urls["tasks"], CERTS_PATH, Authorization=None) == 200


def test_a_metadata_server_under_a_path_answers_there_alone(servers: ServerThread) -> None:
    url = servers.serve(google_metadata.create_app(access_token=TOKEN, under="/told"))
    flavor = {"Metadata-Flavor": "Google"}
    target = "/computeMetadata/v1/instance/service-accounts/default/token"
    assert ask(url, f"/told{target}", **flavor) == 200
    assert ask(url, f"/told{target}") == 403
    assert [ask(url, f"{under}{target}", **flavor) for under in ("", "/tol", "/toldx", "/told/told")] == [404] * 4


@pytest.mark.parametrize(
    ("url", "leads_here"),
    [
        ("http://127.0.0.1:80/x", True),
        ("https://localhost/", True),
        ("http://[::1]:5000", True),
        ("http://127.1.2.3/", True),
        ("http://evil.example/", False),
        ("http://127.0.0.1.evil.example/", False),
        ("http://127.0.0.1@evil.example/", False),
        ("http://localhost\\@evil.example/", False),
        ("http://169.254.169.254/", False),
        ("http://192.168.0.1/", False),
        ("http://[::ffff:10.0.0.1]/", False),
        ("ftp://localhost/", False),
        ("file:///etc/passwd", False),
        ("//localhost/", False),
        ("http://[", False),
        ("null", False),
        ("", False),
    ],
)
def test_what_leads_to_this_machine(url: str, leads_here: bool) -> None:
    assert leads_to_this_machine(url) is leads_here
