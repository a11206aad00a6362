"""A secret that the platform mounts as a file, read when it is used, so that a new version needs no deployment."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from voicemint.cloud_logging import logger
from voicemint.errors import SecretUnavailable

CACHE_SECONDS = 60  # on Cloud Run reading a mounted secret can be a network call

T = TypeVar("T")


class MountedSecret(Generic[T]):
    """`parse` of the file's text, at most CACHE_SECONDS old; the last good one where the file has become bad.

    `parse` raises SecretUnavailable. Safe to share between threads.
    """

    def __init__(self, file: Path, parse: Callable[[str], T], clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._parse = parse
        self._clock = clock
        self._lock = threading.Lock()
        self._value: T | None = None
        self._fresh_until = 0.0

    def current(self) -> T:
        """Raises SecretUnavailable where there never was a good one."""
        value = self._value
        if value is not None and self._clock() < self._fresh_until:
            return value
        with self._lock:
            if self._value is None or self._clock() >= self._fresh_until:
                self._value = self._read()
                self._fresh_until = self._clock() + CACHE_SECONDS
            return self._value

    def _read(self) -> T:
        try:
            return self._parse(self._file.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError, SecretUnavailable) as error:
            logger.error("the secret mounted as %s cannot be used", self._file.parent.name, exc_info=error)
            if self._value is not None:
                return self._value
            raise error if isinstance(error, SecretUnavailable) else SecretUnavailable() from None
