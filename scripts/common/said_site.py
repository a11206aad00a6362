"""The Hosting site that SITE names."""

import re

from common.console import CommandFailed

SITE = re.compile(r"[a-z0-9][a-z0-9-]{1,60}[a-z0-9]", re.ASCII)


def checked_site(text: str) -> str:
    """A site's id, or nothing. Raises CommandFailed for an address or another thing."""
    if text and not SITE.fullmatch(text):
        raise CommandFailed(
            happened=f"SITE is {text!r}, which is not the id of a Hosting site: the part before .web.app",
            todo="Correct it in infra/project.env. An address of your own is SITE_URL.",
        )
    return text
