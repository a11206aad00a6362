"""The OpenAI API key: where it is read, how it is renewed, and a type that cannot be printed."""

import re
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from voicemint.cloud_logging import logger
from voicemint.errors import SecretUnavailable
from voicemint.secrets.mounted import MountedSecret
from voicemint.settings import Settings

API_KEY_SECRET_ID = "openai-api-key"  # noqa: S105 - the name of the secret, not its value
REFETCH_INTERVAL_SECONDS = 30
SECRET_MANAGER_TIMEOUT_SECONDS = 3

# A trailing newline or a curly quote in a header makes the HTTP client quote the whole key in its exception.
_PRINTABLE = re.compile(r"[\x21-\x7e]{20,256}")


class Secret:
    """A value that is shown only to the one who asks for it by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not _PRINTABLE.fullmatch(value):
            raise SecretUnavailable(
                "The stored OpenAI API key is not a key: expected 20 to 256 printable characters and nothing "
                "else. A trailing newline is the usual cause; store it with printf %s, not echo."
            )
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    __hash__ = None  # type: ignore[assignment]  # a secret is not a key of a mapping


class ApiKey:
    """The OpenAI API key from the mounted file; after a 401, the latest version from Secret Manager."""

    def __init__(
        self, file: Path, fetch_latest: Callable[[], str] | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._mounted = MountedSecret(file, Secret, clock)
        self._fetch_latest = fetch_latest
        self._clock = clock
        self._lock = threading.Lock()
        self._renewed: Secret | None = None
        self._superseded: Secret | None = None
        self._next_fetch_at = 0.0

    def current(self) -> Secret:
        """The key to use now. Raises SecretUnavailable."""
        mounted = self._mounted.current()
        return self._renewed if self._renewed is not None and mounted == self._superseded else mounted

    def renew(self, rejected: Secret) -> bool:
        """Look for another key than the one OpenAI rejected; True when there is one to try."""
        with self._lock:
            if self.current() != rejected:
                return True  # another request renewed it meanwhile
            if self._fetch_latest is None or self._clock() < self._next_fetch_at:
                return False
            self._next_fetch_at = self._clock() + REFETCH_INTERVAL_SECONDS
            try:
                latest = Secret(self._fetch_latest())
            except Exception as error:
                logger.warning("Secret Manager did not give the latest API key", exc_info=error)
                return False
            self._renewed, self._superseded = latest, self._mounted.current()
            return latest != rejected


def api_key_for(settings: Settings) -> ApiKey:
    """The function's key; it can be renewed where PROJECT_ID says whose Secret Manager to ask."""
    fetch_latest = partial(fetch_latest_version, settings) if settings.project_id else None
    return ApiKey(settings.openai_api_key_file, fetch_latest)


def fetch_latest_version(settings: Settings) -> str:
    """The latest version of the API key's secret, through google-cloud-secret-manager.

    Imported here: the client doubles the cold start, and the mint path needs it only after a rotation.
    """
    from google.cloud import secretmanager

    client = secretmanager.SecretManagerServiceClient(
        transport="rest", client_options={"api_endpoint": settings.secret_manager_url}
    )
    name = client.secret_version_path(settings.project_id, API_KEY_SECRET_ID, "latest")
    answer = client.access_secret_version(name=name, timeout=SECRET_MANAGER_TIMEOUT_SECONDS, retry=None)
    return str(answer.payload.data.decode("ascii"))
