"""Cloud Run's services, their revisions, and who gets which: plain data, which Cloud Functions shares.

A service is kept as Knative writes it. https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

import hashlib
import random
import re
import string
import uuid
from copy import deepcopy
from dataclasses import dataclass, field

from standins.google.control_plane.state.projects import Project, now
from standins.google.errors import GoogleError
from standins.values import Json

INVOKER_CHECK_OFF = "run.googleapis.com/invoker-iam-disabled"
TAG = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
LATEST: Json = {"latestRevision": True, "percent": 100}


@dataclass(frozen=True)
class Code:
    """What a revision runs: the uploaded source, and the name within it that is served."""

    source: bytes
    entry_point: str
    secret_volumes: tuple[Json, ...]
    project_id: str


@dataclass(frozen=True)
class Revision:
    """Immutable. `template` is Knative's RevisionTemplate."""

    name: str
    template: Json
    code: Code
    uid: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: str = field(default_factory=now)

    @property
    def container(self) -> Json:
        found: Json = self.template["spec"]["containers"][0]
        return found

    @property
    def account(self) -> str:
        return str(self.template["spec"]["serviceAccountName"])

    @property
    def environment(self) -> dict[str, str]:
        return {variable["name"]: variable["value"] for variable in self.container["env"]}


@dataclass
class Service:
    """`traffic` is as its owner said it; `revisions` are oldest first."""

    project_id: str
    number: str
    region: str
    name: str
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    traffic: list[Json] = field(default_factory=lambda: [dict(LATEST)])
    revisions: dict[str, Revision] = field(default_factory=dict)
    generation: int = 0
    uid: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: str = field(default_factory=now)

    @property
    def resource_name(self) -> str:
        return f"projects/{self.project_id}/locations/{self.region}/services/{self.name}"

    @property
    def host(self) -> str:
        """Of the service; a tagged revision's has `TAG---` before it."""
        mark = hashlib.sha256(self.resource_name.encode()).hexdigest()[:10]
        return f"{self.name}-{mark}-uc.a.run.app"

    @property
    def url(self) -> str:
        return f"https://{self.host}"

    @property
    def latest(self) -> Revision:
        return next(reversed(self.revisions.values()))

    @property
    def all_traffic_on_latest(self) -> bool:
        return any(target.get("latestRevision") and target.get("percent") == 100 for target in self.traffic)

    def add_revision(self, template: Json, code: Code) -> Revision:
        mark = "".join(random.choices(string.ascii_lowercase, k=3))
        name = f"{self.name}-{len(self.revisions) + 1:05d}-{mark}"
        self.generation += 1
        self.revisions[name] = Revision(name, deepcopy(template), code)
        return self.revisions[name]

    def revision_for(self, tag: str | None) -> Revision | None:
        """The revision of a tag; without one, that with the most traffic."""
        if tag is not None:
            named = [target for target in self.traffic if target.get("tag") == tag]
        else:
            named = sorted(self.traffic, key=lambda target: -int(target.get("percent", 0)))
        return self._revision(named[0]) if named else None

    def _revision(self, target: Json) -> Revision:
        return self.latest if target.get("latestRevision") else self.revisions[target["revisionName"]]

    def set_traffic(self, targets: list[Json]) -> None:
        """Raises INVALID_ARGUMENT, and changes nothing."""
        for target in targets:
            _check_target(self, target)
        if sum(int(target.get("percent", 0)) for target in targets) != 100:
            raise GoogleError("INVALID_ARGUMENT", "spec.traffic: The sum of all percents must be 100.")
        tags = [target["tag"] for target in targets if target.get("tag")]
        if len(tags) != len(set(tags)):
            raise GoogleError("INVALID_ARGUMENT", "spec.traffic: A tag stands there twice.")
        self.traffic = targets

    def resource(self) -> Json:
        """As Knative has it. `namespace` is the project's number."""
        labels = {**self.labels, "cloud.googleapis.com/location": self.region}
        metadata = {
            "name": self.name,
            "namespace": self.number,
            "selfLink": f"/apis/serving.knative.dev/v1/namespaces/{self.number}/services/{self.name}",
            "uid": self.uid,
            "resourceVersion": self.resource_version,
            "generation": self.generation,
            "creationTimestamp": self.created,
            "labels": labels,
            "annotations": self.annotations,
        }
        return {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"template": self.named_template, "traffic": deepcopy(self.traffic)},
            "status": self._status(),
        }

    @property
    def named_template(self) -> Json:
        """With the revision's name, as Cloud Functions writes it."""
        template = deepcopy(self.latest.template)
        template["metadata"] = {**template.get("metadata", {}), "name": self.latest.name}
        return template

    @property
    def resource_version(self) -> str:
        return f"AAY{self.generation:08d}"

    def _status(self) -> Json:
        traffic = []
        for target in self.traffic:
            tag = target.get("tag")
            url = {"url": f"https://{tag}---{self.host}"} if tag else {}
            traffic.append({**target, "revisionName": self._revision(target).name, **url})
        conditions = ("Ready", "ConfigurationsReady", "RoutesReady")
        return {
            "observedGeneration": self.generation,
            "conditions": [{"type": name, "status": "True", "lastTransitionTime": now()} for name in conditions],
            "latestReadyRevisionName": self.latest.name,
            "latestCreatedRevisionName": self.latest.name,
            "traffic": traffic,
            "url": self.url,
            "address": {"url": self.url},
        }


class Services(dict[tuple[str, str, str], Service]):
    """By project id, region and name."""

    def find(self, project: Project, region: str, name: str) -> Service:
        service = self.get((project.project_id, region, name))
        if service is None:
            raise GoogleError(
                "NOT_FOUND",
                f"Resource '{name}' of kind 'SERVICE' in region '{region}' in project '{project.project_id}' does not "
                "exist",
            )
        return service

    def get_or_make(self, project: Project, region: str, name: str) -> Service:
        key = (project.project_id, region, name)
        return self.setdefault(key, Service(project.project_id, project.number, region, name))

    def at(self, host: str) -> tuple[Service, str | None] | None:
        """The service of a run.app host, and the tag that the host names."""
        tag, dashes, rest = host.rpartition("---")
        for service in self.values():
            if service.host == rest:
                return service, tag if dashes else None
        return None


def _check_target(service: Service, target: Json) -> None:
    name, tag = target.get("revisionName"), target.get("tag")
    if bool(name) == bool(target.get("latestRevision")):
        raise GoogleError("INVALID_ARGUMENT", "spec.traffic: Name either a revision or the latest one.")
    if name and name not in service.revisions:
        raise GoogleError("INVALID_ARGUMENT", f"spec.traffic: Revision '{name}' does not exist.")
    if tag and not TAG.fullmatch(tag):
        raise GoogleError("INVALID_ARGUMENT", f"spec.traffic: '{tag}' is not a valid tag.")
