"""axe-core in the page: what people who do not see, or cannot point, would stumble over."""

from pathlib import Path
from typing import Any

from .talker import Talker

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
LOOK = """
async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ html }) => html) }));
}
"""
# Best practices that are no rule of WCAG are reported as moderate or minor: those are read, not enforced.
GRAVE = ("serious", "critical")


def assert_accessible(talker: Talker, where: str) -> None:
    """Puts axe-core into the page past its policy, as a browser extension would, and lets it look."""
    if not talker.page.evaluate("() => 'axe' in window"):
        talker.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = talker.page.evaluate(LOOK)
    assert [violation for violation in found if violation["impact"] in GRAVE] == [], where
