#!/usr/bin/env bash
# gunicorn: a connection that was promised "keep-alive" is closed if 65,536 bytes of the request's body were not read.
#
# An application may answer before it reads the body (413, 401). The worker then reads the rest away, so that the next
# request can follow on the same connection, but it stops at 65,536 bytes and closes the connection, although the
# response said "Connection: keep-alive". A client that trusts the header loses its next request.
#
# Usage: findings/gunicorn-closes-after-an-unread-body.sh
set -euo pipefail

main() {
  local folder
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is known now and is gone with this function
  trap "rm -rf '$folder'" EXIT
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check gunicorn==27.0.1
  cat >"$folder/app.py" <<'PYTHON'
def app(environ, start_response):
    start_response("413 Content Too Large", [("Content-Length", "4")])
    return [b"no\r\n"]
PYTHON
  cd "$folder"
  "$folder/bin/python" - <<'PYTHON'
import http.client
import os
import socket
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

command = [sys.executable, "-m", "gunicorn", "--worker-class=gthread", "--threads=2", "--keep-alive=30"]
server = subprocess.Popen(
    [*command, "--bind=unix:socket", "--log-level=error", "app:app"], env={**os.environ, "PYTHONPATH": "."}
)


class Connection(http.client.HTTPConnection):
    auto_open = 0  # a second connection would hide that the first is closed

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect("socket")


def second_request(size: int) -> tuple[str, str]:
    """What the first response promised, and what became of the next request on the same connection."""
    connection = Connection("localhost")
    connection.connect()
    connection.request("POST", "/", body=bytes(size))
    first = connection.getresponse()
    first.read()
    promised = first.headers["Connection"] or ""
    time.sleep(1)  # the server has time to close
    try:
        connection.request("GET", "/")
        return promised, str(connection.getresponse().status)
    except (http.client.HTTPException, OSError):
        return promised, "closed"


try:
    deadline = time.monotonic() + 20
    while not Path("socket").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    seen = {size: second_request(size) for size in (65_535, 65_536, 200_000)}
finally:
    server.terminate()
    server.wait()
print("gunicorn", version("gunicorn"))
print("expected: where the response says keep-alive, the next request is answered")
print("seen:    ", seen)
wanted = {65_535: ("keep-alive", "413"), 65_536: ("keep-alive", "closed"), 200_000: ("keep-alive", "closed")}
assert seen == wanted, "this has changed"
PYTHON
}

main "$@"
