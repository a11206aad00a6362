"""What tests and the local run may turn: limits, paces and clocks. The defaults are the real service's, where known."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


def local_now() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True)
class Knobs:
    """`max_message_bytes` None leaves `a=max-message-size` out of the SDP answer and accepts any size.

    `shutdown_dates`: what GET /v1/models says instead of models.py, model -> YYYY-MM-DD or None.
    """

    max_session_seconds: float = 3600.0
    connect_timeout_seconds: float = 30.0
    max_message_bytes: int | None = 65_536
    max_lead_seconds: float = 2.0
    ring_seconds: float = 60.0
    webhook_retry_seconds: float = 5.0
    clock: Callable[[], float] = time.time
    now: Callable[[], datetime] = local_now
    shutdown_dates: Mapping[str, str | None] = field(default_factory=dict)
