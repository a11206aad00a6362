"""Whatever arrives, it is refused with a code, and nothing secret is in an answer or a log."""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from standins.function_process import FunctionProcess

from ..functions.conftest import SIGNING_KEY, StartFunction, session_cookie
from .conftest import Figure
from .malformed import UNKNOWN_CODING, Corpus, Secrets, answer_to, statuses_of

REQUESTS = 10_000
CLIENTS = 8
SEED = 20261121
PATHS = {
    "sign-in": "/api/access",
    "mint-client-secret": "/api/client-secrets",
    "create-call": "/api/calls/register",
    "log-payload": "/api/logs",
    "answer-phone": "/api/phone",
}

API_KEY = "sk-canary-0123456789abcdefghijklmnop"
CLIENT_SECRET = "ek_canary0123456789abcdef"
WEBHOOK_SECRET = "whsec_canary0123456789abcdefghijklmnop"
PHRASE = "the canary sings at half past seven"
CANARIES = (API_KEY, SIGNING_KEY, CLIENT_SECRET, WEBHOOK_SECRET, PHRASE)

CODE = re.compile(rb'\{"error":\{"code":"[a-z_]+"')


@dataclass(frozen=True)
class Exchange:
    request: bytes
    answer: bytes

    @property
    def is_a_failure(self) -> bool:
        """A 5xx without a code; an unknown transfer coding is the HTTP server's to refuse, by 501."""
        failed = [status for status in statuses_of(self.answer) if status >= 500]
        is_coding = failed == [501] and f"Transfer-Encoding: {UNKNOWN_CODING}".encode() in self.request
        return bool(failed) and not is_coding and not CODE.search(self.answer)


@pytest.fixture
def functions(start_function: StartFunction, api_key_file: Path, tmp_path: Path) -> Iterator[list[FunctionProcess]]:
    """All functions, for signed-in callers only, with canaries for secrets."""
    api_key_file.write_text(API_KEY)
    webhook_secret_file = tmp_path / "webhook-secret"
    webhook_secret_file.write_text(WEBHOOK_SECRET)
    environment = {
        "VOICEMINT_ACCESS": "invite",
        "BUCKET": "payloads",
        "PROJECT_ID": "test-project",
        "OPENAI_WEBHOOK_SECRET_FILE": str(webhook_secret_file),
    }
    with ExitStack() as stack:
        yield [stack.enter_context(start_function(name, **environment)) for name in PATHS]


def exchanges(functions: list[FunctionProcess], cookie: str) -> Iterator[Exchange]:
    """Send REQUESTS malformed requests, to every function in turn."""
    secrets = Secrets(cookie, CLIENT_SECRET, WEBHOOK_SECRET, PHRASE)
    targets = [(function.port, Corpus(SEED + n, PATHS[function.name], secrets)) for n, function in enumerate(functions)]
    sent = [(port, corpus.request()) for port, corpus in targets for _ in range(REQUESTS // len(targets) + 1)]

    def exchange(target: tuple[int, bytes]) -> Exchange:
        port, request = target
        return Exchange(request, answer_to(port, request))

    with ThreadPoolExecutor(CLIENTS) as threads:
        yield from threads.map(exchange, sent)


def test_malformed_requests_break_nothing_and_reveal_nothing(functions: list[FunctionProcess], figure: Figure) -> None:
    cookie = session_cookie()
    done = list(exchanges(functions, cookie))
    logs = [function.log_file.read_bytes() for function in functions]
    said = [*(exchange.answer for exchange in done), *logs]
    statuses = Counter(status for exchange in done for status in statuses_of(exchange.answer))
    assert [exchange for exchange in done if exchange.is_a_failure] == []
    assert statuses[500] == 0
    assert [text for text in said if b"Traceback" in text or b"unexpected error" in text] == []
    assert [canary for canary in (*CANARIES, cookie) if any(canary.encode() in text for text in said)] == []
    assert {200, 400, 401, 403, 404, 405, 413, 415} <= set(statuses)  # every check had its share
    for function in functions:
        assert statuses_of(answer_to(function.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")) == [404]
    figure(
        f"malformed HTTP requests to {len(functions)} processes",
        f"{len(done)} sent, 0 5xx of ours without a code, no traceback, 0 of {len(CANARIES)} canaries told",
    )
    figure("  answered by", ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items())))
