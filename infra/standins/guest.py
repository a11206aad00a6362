"""A guest in a real browser, who opens a link and taps, as it wants it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

MARK = "#i="


def guest_of(link: str) -> str:
    """The name that the link's button shows, in any language."""
    payload = link.partition(MARK)[2].split(".")[2]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["name"])


def take_link(page: Page, link: str) -> None:
    """Opens the link, taps, and waits until it is out of the address: it was answered for."""
    page.goto(link)
    page.get_by_role("button", name=guest_of(link)).click()
    page.wait_for_url(lambda url: MARK not in url)
