"""Functions as they are deployed: a functions-framework process each."""

import asyncio
import json
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import requests
from standins.function_process import FunctionFailedError, FunctionProcess
from standins.google import secret_manager as google_secret_manager
from standins.serving import ServerThread
from voicemint.agents.files import AGENTS_FOLDER

from .conftest import API_KEY, StartFunction, json_lines


def mint(function: FunctionProcess) -> requests.Response:
    return requests.post(f"{function.url}/api/client-secrets", json={}, timeout=20)


def test_a_rotated_key_is_found_after_a_401_without_a_failed_request(
    servers: ServerThread, start_function: StartFunction, api_key_file: Path
) -> None:
    api_key_file.write_text("revoked-key-0123456789abcdef")  # the stand-in accepts sk- keys only
    secrets = {"openai-api-key": API_KEY.encode()}
    environment = {
        "PROJECT_ID": "test-project",
        "SECRET_MANAGER_URL": servers.serve(google_secret_manager.create_app(secrets, project="test-project")),
    }
    with start_function("mint-client-secret", **environment) as function:
        assert [mint(function).status_code for _ in range(3)] == [200, 200, 200]
    log = function.log_file.read_text()
    assert len([line for line in json_lines(log) if line.get("upstream_status") == 401]) == 1
    assert API_KEY not in log


def test_a_request_in_flight_is_answered_when_the_instance_is_told_to_stop(
    start_function: StartFunction, openai_url: str
) -> None:
    slow = {"path": "client_secrets", "fault": "slow", "seconds": 1}
    requests.post(f"{openai_url}/_standin/faults", json=slow, timeout=5).raise_for_status()
    with start_function("mint-client-secret") as function, ThreadPoolExecutor() as threads:
        answer = threads.submit(mint, function)
        wait_until_received(openai_url)
        function.process.send_signal(signal.SIGTERM)
        assert answer.result(timeout=20).status_code == 200


def wait_until_received(openai_url: str) -> None:
    async def poll() -> None:
        while not [
            request
            for request in requests.get(f"{openai_url}/_standin/requests", timeout=5).json()["requests"]
            if request["status"] is None
        ]:
            await asyncio.sleep(0.02)

    asyncio.run(asyncio.wait_for(poll(), timeout=10))


def test_a_body_without_a_length_is_bounded_too(start_function: StartFunction) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1024

    with start_function("mint-client-secret") as function:
        headers = {"Content-Type": "application/json"}
        answer = requests.post(f"{function.url}/api/client-secrets", data=endless(), headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


ON_ONE_CONNECTION = 10


@pytest.mark.parametrize("size", [4097, 65_535, 65_536, 131_070], ids=str)
def test_an_error_answer_to_a_large_body_loses_no_request_that_follows_on_the_connection(
    mint_function: FunctionProcess, size: int
) -> None:
    as_json = {"Content-Type": "application/json"}
    refused = [("/api/client-secrets", as_json, 413), ("/api/client-secrets", {}, 415), ("/nothing", as_json, 404)]
    with closing(HTTPConnection("127.0.0.1", mint_function.port, timeout=20)) as connection:
        connection.connect()
        first = connection.sock
        for path, headers, status in refused * ON_ONE_CONNECTION:
            connection.request("POST", path, b" " * size, headers)
            answer = connection.getresponse()
            assert (answer.status, "code" in json_of(answer)["error"]) == (status, True)
            assert connection.sock is first


def json_of(answer: HTTPResponse) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(answer.read())
    return value


def test_a_body_that_is_far_too_large_is_not_read(mint_function: FunctionProcess) -> None:
    with closing(HTTPConnection("127.0.0.1", mint_function.port, timeout=20)) as connection:
        connection.putrequest("POST", "/api/client-secrets")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(2**40))
        connection.endheaders(b" " * 200_000)
        assert connection.getresponse().status == 413


@pytest.fixture
def mint_function(start_function: StartFunction) -> Iterator[FunctionProcess]:
    with start_function("mint-client-secret") as function:
        yield function


def test_half_a_body_is_refused(start_function: StartFunction) -> None:
    with (
        start_function("mint-client-secret") as function,
        socket.create_connection(("127.0.0.1", function.port)) as peer,
    ):
        peer.sendall(
            b"POST /api/client-secrets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
        peer.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: peer.recv(65536), b""))
        assert b" 400 " in answer.partition(b"\r\n")[0]
        assert b"invalid_request" in answer
    assert "Traceback" not in function.log_file.read_text()


@pytest.mark.parametrize("chunks", [b"zz\r\n{}\r\n", b"2\r\n{}XX0\r\n\r\n", b"0\r\nno trailer\r\n\r\n", b"2\r\n{"])
def test_chunks_that_are_none_are_refused(start_function: StartFunction, chunks: bytes) -> None:
    with (
        start_function("mint-client-secret") as function,
        socket.create_connection(("127.0.0.1", function.port)) as peer,
    ):
        peer.sendall(
            b"POST /api/client-secrets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + chunks
        )
        peer.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: peer.recv(65536), b""))
        assert b" 400 " in answer.partition(b"\r\n")[0]
        assert b"invalid_request" in answer


def test_a_setting_that_is_wrong_ends_the_process_with_the_reason_in_one_line(start_function: StartFunction) -> None:
    reason = r"Its last words:\nerror: VOICEMINT_ACCESS is 'everyone'; expected one of.*$"
    with (
        pytest.raises(FunctionFailedError, match=reason),
        start_function("mint-client-secret", VOICEMINT_ACCESS="everyone"),
    ):
        pass


def test_an_agents_file_that_is_wrong_ends_the_process_with_the_reason_in_one_line(
    start_function: StartFunction, tmp_path: Path
) -> None:
    text = (AGENTS_FOLDER / "assistant.toml").read_text()
    (tmp_path / "assistant.toml").write_text(text.replace('voice = "marin"', 'voice = "bob"'))
    reason = r"Its last words:\nerror: agents/assistant\.toml:\d+: voice is 'bob'; expected one of: [a-z, ]+\.$"
    with (
        pytest.raises(FunctionFailedError, match=reason),
        start_function("mint-client-secret", AGENTS_FOLDER=str(tmp_path)),
    ):
        pass
