"""Who was invited and who was let in, as the control bucket remembers it."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without stubs
from voicemint.access.invites import INVITED_PREFIX, REDEEMED_PREFIX, SESSION_SECONDS
from voicemint.control.stop_switch import SIGNED_OUT_PREFIX, ControlState

from .control_state import RETRY, TIMEOUT_SECONDS

READING = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """One invite and what became of it. Times are epoch seconds; None: it did not happen, or is not on record."""

    guest_id: str
    name: str
    invited_at: int | None = None
    link_expires_at: int | None = None
    redeemed_at: int | None = None
    session_expires_at: int | None = None
    epoch: int = 0

    def signed_in_until(self) -> int | None:
        if self.redeemed_at is None:
            return None
        return self.session_expires_at or self.redeemed_at + SESSION_SECONDS  # older releases kept no end

    def open_until(self) -> int:
        """When the last that this invite gives ends: the session, or the invite itself where nobody used it."""
        return self.signed_in_until() or self.link_expires_at or 0

    def is_out(self, state: ControlState) -> bool:
        """Signed out, by the owner or by themselves."""
        return self._is_revoked(state) or self.guest_id in state.signed_out

    def _is_revoked(self, state: ControlState) -> bool:
        return self.guest_id in state.revoked or self.epoch < state.epoch

    def status(self, state: ControlState, now: float) -> str:
        if self.is_out(state):
            return "revoked" if self._is_revoked(state) else "signed out"
        if self.open_until() <= now:
            return "sign-in ended (its time is over)" if self.redeemed_at else "link expired unused"
        return f"{'sign-in valid' if self.redeemed_at else 'link open'} until {moment(self.open_until())}"


def guests_in(bucket: storage.Bucket) -> list[Guest]:
    """Everybody who was invited or let in, oldest first."""
    invited, redeemed = _records(bucket, INVITED_PREFIX), _records(bucket, REDEEMED_PREFIX)
    guests = [guest_of(guest_id, invited.get(guest_id, {}), redeemed.get(guest_id, {}))
              for guest_id in invited | redeemed]  # fmt: skip
    return sorted(guests, key=lambda guest: (guest.invited_at or guest.redeemed_at or 0, guest.name))


def guest_of(guest_id: str, invited: Mapping[str, Any], redeemed: Mapping[str, Any]) -> Guest:
    return Guest(
        guest_id=guest_id,
        name=str(invited.get("name") or redeemed.get("name") or "(no name on record)"),
        invited_at=invited.get("invited_at"),
        link_expires_at=invited.get("expires_at"),
        redeemed_at=redeemed.get("redeemed_at"),
        session_expires_at=redeemed.get("expires_at"),
        epoch=invited.get("epoch", 0),
    )


def with_sign_outs(state: ControlState, bucket: storage.Bucket) -> ControlState:
    """`state` that also knows who has signed out themselves."""
    ids = (blob.name.removeprefix(SIGNED_OUT_PREFIX) for blob in _listed(bucket, SIGNED_OUT_PREFIX))
    return replace(state, signed_out=frozenset(ids))


def moment(epoch_seconds: int | None) -> str:
    if epoch_seconds is None:
        return "-"
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def as_table(rows: Iterable[tuple[str, ...]]) -> str:
    """Columns as wide as their widest cell."""
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)


def _records(bucket: storage.Bucket, prefix: str) -> dict[str, dict[str, Any]]:
    """Invite id to record. What is no record counts as an empty one: there was somebody."""

    def read(blob: storage.Blob) -> dict[str, Any]:
        try:
            record = json.loads(blob.download_as_bytes(timeout=TIMEOUT_SECONDS, retry=RETRY))
        except ValueError:
            return {}
        return record if isinstance(record, dict) else {}

    blobs = list(_listed(bucket, prefix))
    ids = [blob.name.removeprefix(prefix).removesuffix(".json") for blob in blobs]
    with ThreadPoolExecutor(READING) as threads:
        return dict(zip(ids, threads.map(read, blobs), strict=True))


def _listed(bucket: storage.Bucket, prefix: str) -> Iterable[storage.Blob]:
    listed = bucket.list_blobs(prefix=prefix, fields="items(name),nextPageToken", timeout=TIMEOUT_SECONDS)
    return cast(Iterable[storage.Blob], listed)
