"""Tags by which a released page reaches the very revisions that it was tested with.

A tag is made here, with gcloud, before the Firebase CLI looks: it takes the tag that a revision has. Its own way
writes the service once for each rewrite, all at the same time, and of those for one service all but one are refused.
"""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from common.console import CommandFailed, say, show

from .current import deployed_functions, is_ours
from .project import WEB, Released

TAG_PREFIX = "v"
AT_ONCE = 4


def rewritten_services() -> list[str]:
    """The services that web/firebase.json leads to, each once."""
    rewrites = json.loads((WEB / "firebase.json").read_text(encoding="utf-8"))["hosting"]["rewrites"]
    return list(dict.fromkeys(rewrite["run"]["serviceId"] for rewrite in rewrites))


def tag_of(revision: str) -> str:
    """mint-client-secret-00007-abc has the tag v00007-abc: short, for it becomes a part of a host's name."""
    return TAG_PREFIX + "-".join(revision.rsplit("-", 2)[1:])


def pin(project: Released) -> None:
    """Give the newest revision of each service that the page uses a tag, unless it has one."""
    services = {service["metadata"]["name"]: service for service in list_services(project)}
    missing = [name for name in rewritten_services() if name not in services]
    if missing:
        raise CommandFailed(
            happened=f"web/firebase.json leads to {', '.join(missing)} in {project.names.region}: not deployed there",
            todo=f"Deploy them: scripts/deploy.sh {' '.join(missing)}",
        )
    untagged = [name for name in rewritten_services() if not _is_tagged(services[name])]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda name: _tag(project, name, newest_revision(services[name])), untagged))


def list_services(project: Released) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.gcloud.read("run", "services", "list", f"--region={project.names.region}")
    return found or []


def newest_revision(service: dict[str, Any]) -> str:
    return str(service["status"]["latestReadyRevisionName"])


def tags_of(service: dict[str, Any]) -> dict[str, str]:
    """Tag to revision. A tag of whichever is the latest pins nothing, and is none of ours."""
    targets = service["spec"].get("traffic", [])
    return {
        target["tag"]: target["revisionName"] for target in targets if target.get("tag") and "revisionName" in target
    }


def unpin(project: Released, used: Iterable[tuple[str, str]]) -> None:
    """Take away our tags that no release uses any more: what one leads to could be asked for ever."""
    kept, deployed = set(used), deployed_functions(project)
    for service in list_services(project):
        if not is_ours(deployed.get(service["metadata"]["name"], {}), service):
            continue
        name = service["metadata"]["name"]
        old = [
            tag
            for tag, revision in tags_of(service).items()
            if tag == tag_of(revision) and (name, tag) not in kept and revision != newest_revision(service)
        ]
        if old:
            say(f"Taking {len(old)} old tags from {name}")
            _update_traffic(project, name, f"--remove-tags={','.join(old)}")


def _is_tagged(service: dict[str, Any]) -> bool:
    return newest_revision(service) in tags_of(service).values()


def _tag(project: Released, name: str, revision: str) -> None:
    _update_traffic(project, name, f"--update-tags={tag_of(revision)}={revision}")


def _update_traffic(project: Released, name: str, change: str) -> None:
    command = project.gcloud.command(
        "run", "services", "update-traffic", name, f"--region={project.names.region}", change, "--quiet"
    )
    project.gcloud.run(command)


if __name__ == "__main__":
    show("\n".join(rewritten_services()))
