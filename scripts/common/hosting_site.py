"""The project's Hosting site. Google names the default one after the project, unless that name is reserved."""

from collections.abc import Iterable, Mapping
from typing import Any

API = "https://firebasehosting.googleapis.com/v1beta1"
DEFAULT_SITE = "DEFAULT_SITE"


def sites_url(project_id: str) -> str:
    """What lists a project's sites: {"sites": [{"name", "type", …}]}."""
    return f"{API}/projects/{project_id}/sites"


def site_id(site: Mapping[str, Any]) -> str:
    return str(site["name"]).rpartition("/")[2]


def default_site(sites: Iterable[Mapping[str, Any]]) -> str:
    """Its id; empty where there is none."""
    return next((site_id(site) for site in sites if site.get("type") == DEFAULT_SITE), "")


def site_url(site: str) -> str:
    return f"https://{site}.web.app"
