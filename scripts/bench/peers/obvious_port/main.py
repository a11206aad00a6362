"""The obvious Python port of the guides' token server: Google's clients made at import, `requests.post` per request."""

import os

import functions_framework
import requests
from flask import Request
from google.cloud import secretmanager, storage  # type: ignore[attr-defined]

secrets = secretmanager.SecretManagerServiceClient(
    client_options={"api_endpoint": os.environ["SECRET_MANAGER_ENDPOINT"]}
)
bucket = storage.Client().bucket("payloads")
version = secrets.access_secret_version(name="projects/bench/secrets/openai-api-key/versions/latest")
api_key = version.payload.data.decode()


@functions_framework.http
def token(_request: Request) -> dict[str, object]:
    answer = requests.post(
        f"{os.environ['OPENAI_BASE_URL']}/realtime/client_secrets",
        headers={"Authorization": f"Bearer {api_key}"},
        json={"session": {"type": "realtime", "model": "gpt-realtime-2.1"}},
        timeout=30,
    )
    secret: dict[str, object] = answer.json()
    return secret
