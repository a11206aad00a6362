"""The three ways in which a call comes to be; the first two may be an agent's `setup`."""

from enum import StrEnum


class CallMode(StrEnum):
    """Whether the page opened it with a client secret, or the server did, or somebody telephoned.

    The values stand in agents' files, tasks and stored calls: they never change.
    """

    CLIENT_SECRET = "client-secret"  # noqa: S105 - a word of our own
    UNIFIED = "unified"
    PHONE = "phone"
