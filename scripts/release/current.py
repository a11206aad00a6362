"""Is what is live what would be released? Reads only: one list of functions, and one file of the site."""

from typing import Any

import requests
from common.console import show
from common.fingerprint import LABEL, RELEASE_FILE, ROOT, release

from .project import Released

SECONDS = 15


def deployed_functions(project: Released) -> dict[str, dict[str, Any]]:
    """By name, as Cloud Functions describes them. Raises GcloudFailed."""
    listed = project.gcloud.read("functions", "list", "--v2", f"--regions={project.names.region}")
    return {function["name"].rpartition("/")[2]: function for function in listed or ()}


def is_ours(function: dict[str, Any], service: dict[str, Any]) -> bool:
    """By the label of deploy.sh: Google gives a function's labels to its service too."""
    labels = (function.get("labels", {}), service.get("metadata", {}).get("labels", {}))
    return any(LABEL in of_one for of_one in labels)


def stale_functions(project: Released) -> list[str]:
    """Those that are not live with the sources and settings of this tree."""
    expected = expected_release(project)["functions"]
    deployed = deployed_functions(project)
    return [name for name, fingerprint in expected.items() if not _is_live(deployed.get(name, {}), fingerprint)]


def live_release(site_url: str) -> dict[str, Any] | None:
    """What the site says it was made from; None where it does not say, or there is no site. Raises RequestException."""
    answer = requests.get(f"{site_url}/{RELEASE_FILE}", timeout=SECONDS, allow_redirects=False)
    try:
        found = answer.json() if answer.ok else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def what_differs(project: Released) -> list[str]:
    """What a release would change, in words; nothing when all of it is live."""
    live = live_release(project.site_url) if project.known_site else None
    if live is None:
        return ["there is no release yet"]
    differs = [f"the function {name} is not current" for name in stale_functions(project)]
    expected = expected_release(project)
    if live.get("page") != expected["page"]:
        differs.append("the page is another")
    if live.get("functions") != expected["functions"]:
        differs.append("the page is pinned to other functions")
    return differs


def expected_release(project: Released) -> dict[str, Any]:
    return release(ROOT, project.variables)


def _is_live(function: dict[str, Any], fingerprint: str) -> bool:
    return bool(function.get("state") == "ACTIVE" and function.get("labels", {}).get(LABEL) == fingerprint)


def tell(differs: list[str]) -> None:
    for line in differs:
        show(f"- {line}")
