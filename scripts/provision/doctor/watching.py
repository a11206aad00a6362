"""Whom the alerts tell: an alert without a notification channel is seen by those who look into the console only."""

from collections.abc import Iterable

from .. import monitoring
from ..findings import Finding
from .context import Context, ok

ID = "alerts-tell"


def watching(context: Context) -> Iterable[Finding]:
    """Quiet while there is no alert: what is missing is said elsewhere."""
    if not context.alerts:
        return
    silent = monitoring.silent(context.alerts)
    if not silent:
        yield ok(ID, "Every alert tells somebody")
        return
    title = f"{len(silent)} of {len(context.alerts)} alerts tell nobody: they have no notification channel"
    page = monitoring.channels_page(context.project_id)
    yield Finding(ID, "warning", title, f"they show in the console only: {page}", monitoring.HOW_TO_BE_TOLD)
