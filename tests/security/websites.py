"""What a website can have a browser send to this machine, and what another user of the machine can."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from standins.local.cloud import BUCKET, CONTROL_BUCKET, TOKEN

KEY = "sk-made-up-0123456789abcdefghij"
SIMPLE_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")
ORIGINS = ("https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1.evil.example:5000",
           "http://evil.example:5000", "https://localhost@evil.example")  # fmt: skip
NAMES = ("evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "localhost.evil.example", "0.0.0.0",
         "127.0.0.2:{port}", "storage.googleapis.com", "secretmanager.googleapis.com", "metadata.google.internal",
         "api.openai.com", "evil.web.app", "user@localhost:{port}")  # fmt: skip
TARGETS_OF_FUNCTIONS = (
    ("GET", "/"), ("POST", "/"), ("GET", "/api/access"), ("POST", "/api/access"), ("DELETE", "/api/access"),
    ("POST", "/api/client-secrets"), ("POST", "/api/calls"), ("POST", "/api/calls/register"),
    ("POST", "/api/calls/hangup"), ("POST", "/api/logs"), ("POST", "/api/phone"), ("GET", "/_standin/requests"),
)  # fmt: skip
REBOUND, CROSS_SITE, OTHER_USER = "under a foreign host's name", "cross-site", "of another user"
# Google publishes the first and the metadata server says the second to everybody; neither is anybody's secret.
PUBLISHED = ("/oauth2/v1/certs", "/")
Target = tuple[str, str]
Headers = dict[str, str]


@dataclass(frozen=True)
class Attempt:
    """One request. `kind` says in words whose it is."""

    kind: str
    port: str
    method: str
    target: str
    headers: Headers
    body: bytes


class Websites:
    """An endless, reproducible supply. `cloud` is what local-run.env says: half of the requests know the token."""

    def __init__(self, source: random.Random, ports: Mapping[str, int], cloud: Mapping[str, str]) -> None:
        self._random = source
        self._ports = ports
        self._cloud = cloud
        self._targets = targets_of_stand_ins(cloud)
        self._kinds: dict[str, Callable[[str, Target], tuple[Target, Headers]]] = {
            REBOUND: self._rebound,
            CROSS_SITE: self._cross_site,
            OTHER_USER: self._other_user,
        }

    def must_refuse(self, attempt: Attempt) -> bool:
        """The page is for everybody who asks this machine by its own name; functions refuse in words of their own."""
        if attempt.port in self._targets:
            return attempt.target not in PUBLISHED or attempt.kind != OTHER_USER
        return attempt.port == "page" and attempt.kind == REBOUND

    def attempts(self, count: int) -> Iterator[Attempt]:
        """A function, which is a process of its own and checks who asks in tests of its own, is asked less often."""
        often, rare = list(self._targets), [name for name in self._ports if name not in self._targets]
        for number in range(count):
            yield self._attempt(self._random.choice(rare if number % 20 == 0 else often))

    def _attempt(self, port: str) -> Attempt:
        kind = self._random.choice(list(self._kinds))
        target = self._random.choice(self._targets.get(port, TARGETS_OF_FUNCTIONS))
        (method, path), headers = self._kinds[kind](port, target)
        body = self._body() if method in ("POST", "PUT", "PATCH") else b""
        return Attempt(kind, port, method, path, headers, body)

    def _rebound(self, port: str, target: Target) -> tuple[Target, Headers]:
        """For the browser all of it is the site's own: every method, every header."""
        host = self._random.choice(NAMES).format(port=self._ports[port])
        own = {"Host": host, "Content-Type": "application/json", "Metadata-Flavor": "Google"}
        browser = {"Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        return target, own | self._some(browser) | self._credential(target)

    def _cross_site(self, port: str, target: Target) -> tuple[Target, Headers]:
        """What a browser sends without asking, and the asking itself; also with the token, as if a page could."""
        method, path = target
        headers = {"Host": f"127.0.0.1:{self._ports[port]}", "Origin": self._random.choice(ORIGINS)}
        if method not in ("GET", "POST"):
            asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization"}
            return ("OPTIONS", path), headers | asked
        if method == "GET" and self._random.random() < 0.5:
            headers = {"Host": headers["Host"], "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        elif content_type := self._random.choice(SIMPLE_TYPES):
            headers["Content-Type"] = content_type
        return target, headers | self._some({"Sec-Fetch-Site": "cross-site"}) | self._credential(target)

    def _other_user(self, port: str, target: Target) -> tuple[Target, Headers]:
        """Any program, but without the token. OpenAI's own door takes any key, and gives nothing for it."""
        path = "/_standin/calls" if target[1].startswith("/v1/") and port == "openai" else target[1]
        headers = {"Host": f"localhost:{self._ports[port]}", "Metadata-Flavor": "Google"}
        headers["Content-Type"] = self._random.choice(("application/json", "text/plain"))
        return (target[0], path), headers | self._some(
            {"Authorization": self._random.choice(("Bearer x", "Basic eDp4"))}
        )

    def _credential(self, target: Target) -> Headers:
        known = KEY if target[1].startswith("/v1/realtime") else self._cloud[TOKEN]
        return self._some({"Authorization": f"Bearer {known}"})

    def _some(self, headers: Headers) -> Headers:
        return {name: value for name, value in headers.items() if self._random.random() < 0.5}

    def _body(self) -> bytes:
        state = {"stopped": True, "epoch": 99, "revoked": []}
        secret = {"payload": {"data": "c2stZXZpbC0wMTIzNDU2Nzg5MDEyMzQ1Njc4OQ=="}}
        hook = {"url": "http://127.0.0.1:9/", "secret": "whsec_eA=="}
        fault = {"fault": "status", "operation": "*", "times": None}
        return json.dumps(self._random.choice([state, secret, hook, fault, {"name": "evil-bucket"}, {}])).encode()


def targets_of_stand_ins(cloud: Mapping[str, str]) -> dict[str, tuple[Target, ...]]:
    """What each of them would do for who may ask."""
    control = (("GET", "/_standin/requests"), ("GET", "/_standin/faults"), ("POST", "/_standin/faults"))
    project = f"/v1/projects/{cloud['PROJECT_ID']}/secrets"
    secrets = [f"{project}/{name}" for name in ("openai-api-key", "signing-key", "openai-webhook-secret")]
    buckets = [f"/storage/v1/b/{name}/o" for name in (BUCKET, CONTROL_BUCKET)]
    state = f"{buckets[1]}/control.json"
    queue = f"/v2/projects/{cloud['PROJECT_ID']}/locations/{cloud['REGION']}/queues/calls/tasks"
    metadata = "/computeMetadata/v1/instance/service-accounts/default"
    upload = f"/upload{buckets[1]}?name=control.json&uploadType="
    return {
        "storage": (
            *control, *(("GET", bucket) for bucket in buckets), ("GET", f"{state}?alt=media"), ("DELETE", state),
            ("PATCH", state), ("POST", f"{upload}media"), ("POST", f"{upload}resumable"), ("PUT", f"{upload}media"),
            ("GET", "/storage/v1/b?project=x"), ("POST", "/storage/v1/b?project=x"), ("GET", f"/download{state}"),
        ),
        "secret manager": (
            *control, ("GET", project), ("POST", f"{project}?secretId=evil"), ("DELETE", secrets[1]),
            *(("GET", f"{secret}/versions/latest:access") for secret in secrets),
            *(("POST", f"{secret}:addVersion") for secret in secrets),
            *(("POST", f"{secret}/versions/1:{verb}") for secret in secrets for verb in ("destroy", "disable")),
        ),
        "tasks": (*control, ("GET", "/oauth2/v1/certs"), ("GET", queue), ("POST", queue), ("DELETE", f"{queue}/a")),
        "metadata": (
            ("GET", "/"), ("GET", f"{metadata}/token"), ("GET", f"{metadata}/identity?audience=x"),
            ("GET", f"{metadata}/?recursive=true"), ("GET", f"/guessed{metadata}/token"), ("GET", "/_standin/certs"),
        ),
        "openai": (
            *control, ("GET", "/_standin/calls"), ("POST", "/_standin/calls"), ("POST", "/_standin/webhooks"),
            ("POST", "/_standin/script"), ("DELETE", "/_standin/faults"), ("POST", "/v1/realtime/client_secrets"),
            ("POST", "/v1/realtime/calls"), ("GET", "/v1/realtime?model=gpt-realtime-2.1"),
        ),
    }  # fmt: skip
