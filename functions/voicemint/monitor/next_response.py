"""Asks the model to go on after a tool of ours: a call holds one response at a time, and no wait is without an end."""

from typing import Any

GO_ON = {"type": "response.create", "event_id": "voicemint-go-on"}  # web/src/turns/response-queue.ts knows this prefix
SILENCE_SECONDS = 10  # a response of which nothing is heard for so long counts as none


class NextResponse:
    """For one watch. Its methods say when GO_ON is to be sent; then it counts as sent."""

    def __init__(self) -> None:
        self._is_asked = False
        self._is_wanted = False
        self._heard_at = 0.0

    def hear(self, event: dict[str, Any], is_answering: bool, now: float) -> bool:
        """`is_answering`: the event was a response's end, and its calls of tools will have results from here."""
        if event.get("type") == "response.done":
            return not is_answering and self.have_answered(False)
        if self._is_refusal(event):  # somebody else had it answer first: a page's tool, or a person who spoke
            self._is_wanted, self._heard_at = True, now
        elif str(event.get("type")).startswith("response."):
            self._heard_at = now
        return False

    def have_answered(self, is_due: bool) -> bool:
        """The results are told, and it `is_due` to us that the model goes on; or somebody was in the way before."""
        self._is_asked, self._is_wanted = self._is_wanted or is_due, False
        return self._is_asked

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
