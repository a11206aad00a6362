#!/usr/bin/env bash
# google-cloud-secret-manager: the same refusal is another exception over REST than over gRPC.
#
# Secret Manager refuses to hand out a disabled version with the status FAILED_PRECONDITION (HTTP 400). Over gRPC the
# client raises FailedPrecondition. Over REST, where the body names the same status, it raises the base class
# BadRequest, so that "except FailedPrecondition" stops working when transport="rest" is chosen.
#
# Usage: findings/secret-manager-disabled-version.sh
set -euo pipefail

main() {
  local folder
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is known now and is gone with this function
  trap "rm -rf '$folder'" EXIT
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check google-cloud-secret-manager==2.32.0
  "$folder/bin/python" - <<'PYTHON'
import json
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import grpc
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import secretmanager_v1
from google.cloud.secretmanager_v1.services.secret_manager_service import transports

NAME = "projects/1/secrets/key/versions/2"
WORDS = f"Secret Version [{NAME}] is in DISABLED state."


class Rest(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"error": {"code": 400, "message": WORDS, "status": "FAILED_PRECONDITION"}}).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Grpc(grpc.GenericRpcHandler):
    def service(self, _details: object) -> grpc.RpcMethodHandler:
        return grpc.unary_unary_rpc_method_handler(
            lambda _request, context: context.abort(grpc.StatusCode.FAILED_PRECONDITION, WORDS)
        )


def raised(transport: object) -> str:
    client = secretmanager_v1.SecretManagerServiceClient(transport=transport)
    try:
        client.access_secret_version(name=NAME, retry=None, timeout=10)
    except GoogleAPICallError as error:
        return type(error).__name__
    return "nothing"


rest = ThreadingHTTPServer(("127.0.0.1", 0), Rest)
threading.Thread(target=rest.serve_forever, daemon=True).start()
server = grpc.server(futures.ThreadPoolExecutor(1), handlers=[Grpc()])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
seen = {
    "gRPC": raised(
        transports.SecretManagerServiceGrpcTransport(channel=grpc.insecure_channel(f"127.0.0.1:{port}"))
    ),
    "REST": raised(
        transports.SecretManagerServiceRestTransport(
            host=f"127.0.0.1:{rest.server_port}", url_scheme="http", credentials=AnonymousCredentials()
        )
    ),
}
server.stop(0)
rest.shutdown()
print("google-cloud-secret-manager", version("google-cloud-secret-manager"))
print("expected: FailedPrecondition over both")
print("seen:    ", seen)
assert seen == {"gRPC": "FailedPrecondition", "REST": "BadRequest"}, "this has changed"
PYTHON
}

main "$@"
