"""A project whose log is full of calls that nobody registered, for `scripts/stop.sh`."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

MADE_UP_CALLS = 20_000


class Stopping:
    """Buckets of a project whose log is full of made-up calls, and the steps of a stop in their order."""

    def __init__(
        self,
        registered: dict[str, bytes],
        openai_base_url: str = "https://api.openai.example/v1",
        looking: Callable[[], None] = lambda: None,
    ) -> None:
        self.steps: list[Any] = []
        self._looking = looking
        settings = SimpleNamespace(openai_base_url=openai_base_url)
        self.project: Any = SimpleNamespace(
            settings=settings,
            control_bucket=SimpleNamespace(list_blobs=lambda prefix, **_: blobs(registered, prefix)),
            payload_bucket=SimpleNamespace(list_blobs=self._list_log),
        )

    def hang_up_all(self, calls: list[str], *_: object) -> Counter[str]:
        self.steps.append(list(calls))
        return Counter({"hung up": len(calls)})

    def _list_log(self, prefix: str, **_: object) -> Iterator[Any]:
        self._looking()
        if self.steps[-1:] != ["log"]:
            self.steps.append("log")
        today = f"calls/dt={datetime.now(UTC):%Y-%m-%d}/"
        names = {f"{prefix}rtc_a_{number:06d}/000000-0.ndjson": b"" for number in range(MADE_UP_CALLS)}
        return blobs(names, prefix) if prefix == today else iter(())


def blobs(objects: dict[str, bytes], prefix: str) -> Iterator[Any]:
    now = datetime.now(UTC)
    return (SimpleNamespace(name=name, time_created=now) for name in objects if name.startswith(prefix))
