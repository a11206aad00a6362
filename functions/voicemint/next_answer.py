"""Asks the model to go on after a tool of ours: a call holds one response at a time, and no wait is without an end."""

from typing import Any

GO_ON = {"type": "response.create", "event_id": "voicemint-go-on"}  # web/src/turns.ts knows the beginning of the name
SILENCE_SECONDS = 10  # a response of which nothing is heard for so long counts as none


class NextAnswer:
    """For one watch. `hear` and `is_overdue` say when GO_ON is to be sent; then it counts as sent."""

    def __init__(self) -> None:
        self._is_asked = False
        self._is_wanted = False
        self._heard_at = 0.0

    def hear(self, event: dict[str, Any], has_answered: bool, now: float) -> bool:
        """`has_answered`: the event was a response's end, and its calls of tools have their results from here."""
        if event.get("type") == "response.done":
            self._is_asked = self._is_wanted or has_answered
            self._is_wanted = False
            return self._is_asked
        if self._is_refusal(event):  # somebody else had it answer first: a page's tool, or a person who spoke
            self._is_wanted, self._heard_at = True, now
        elif str(event.get("type")).startswith("response."):
            self._heard_at = now
        return False

    def is_overdue(self, now: float) -> bool:
        """The end of the response that was in the way does not come any more."""
        is_due = self._is_wanted and now - self._heard_at >= SILENCE_SECONDS
        self._is_asked, self._is_wanted = self._is_asked or is_due, self._is_wanted and not is_due
        return is_due

    def _is_refusal(self, event: dict[str, Any]) -> bool:
        """OpenAI does not always name the event that it refuses: while ours is asked for, that is ours."""
        error = event.get("error") if event.get("type") == "error" else None
        if not isinstance(error, dict) or error.get("code") != "conversation_already_has_active_response":
            return False
        return error.get("event_id") == GO_ON["event_id"] or (self._is_asked and not error.get("event_id"))
