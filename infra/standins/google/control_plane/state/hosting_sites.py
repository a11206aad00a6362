"""Firebase Hosting's sites, channels, versions and releases: plain data, which the site's own addresses serve."""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from standins.google.control_plane.state.projects import Project, now
from standins.google.errors import GoogleError
from standins.values import Json

LIVE = "live"
DEFAULT = "DEFAULT_SITE"
SITE_DISABLE = "SITE_DISABLE"
CHANNEL_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
DURATION = re.compile(r"(\d+)(\.\d+)?s")
MAX_TTL = timedelta(days=30)


@dataclass
class Version:
    """`files`: path to the SHA-256 of its gzipped content. Immutable once its status is FINALIZED."""

    name: str
    user: str
    labels: dict[str, str]
    config: Json = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    status: str = "CREATED"
    created: str = field(default_factory=now)
    finalized: str = ""

    def resource(self) -> Json:
        by = {"email": self.user}
        answer: Json = {"name": self.name, "status": self.status, "createTime": self.created, "createUser": by}
        if self.labels:
            answer["labels"] = self.labels
        if self.config:
            answer["config"] = self.config
        if self.finalized:
            count = {"fileCount": str(len(self.files)), "versionBytes": "1"}
            answer |= {"finalizeTime": self.finalized, "finalizeUser": by, **count}
        return answer


@dataclass
class Release:
    name: str
    version: Version | None  # None: the site is disabled
    user: str
    message: str = ""
    kind: str = "DEPLOY"
    released: str = field(default_factory=now)

    def resource(self) -> Json:
        said: Json = {"message": self.message} if self.message else {}
        if self.version:
            said["version"] = self.version.resource()
        return {
            "name": self.name,
            "type": self.kind,
            "releaseTime": self.released,
            "releaseUser": {"email": self.user},
            **said,
        }


@dataclass
class Channel:
    """`releases`: newest last. `expires` is empty for live."""

    name: str
    url: str
    expires: str = ""
    created: str = field(default_factory=now)
    releases: list[Release] = field(default_factory=list)

    def live_for(self, ttl: str) -> None:
        found = DURATION.fullmatch(ttl)
        lasts = timedelta(seconds=int(found[1])) if found else None
        if lasts is None or not timedelta(0) < lasts <= MAX_TTL:
            raise GoogleError("INVALID_ARGUMENT", f"The ttl {ttl!r} is not valid: more than 0 s, at most 30 days.")
        self.expires = (datetime.now(UTC) + lasts).isoformat().replace("+00:00", "Z")

    def resource(self) -> Json:
        last = {"release": self.releases[-1].resource()} if self.releases else {}
        expires = {"expireTime": self.expires} if self.expires else {}
        return {
            "name": self.name,
            "url": self.url,
            "createTime": self.created,
            "updateTime": self.releases[-1].released if self.releases else self.created,
            "retainedReleaseCount": 10,
            **expires,
            **last,
        }


@dataclass
class Site:
    """`contents`: what was uploaded, by the SHA-256 of the gzipped bytes."""

    project_id: str
    site_id: str
    kind: str
    channels: dict[str, Channel] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.channels[LIVE] = Channel(f"{self.name}/channels/{LIVE}", f"https://{self.site_id}.web.app")

    @property
    def name(self) -> str:
        return f"projects/{self.project_id}/sites/{self.site_id}"

    def resource(self) -> Json:
        return {"name": self.name, "defaultUrl": f"https://{self.site_id}.web.app", "type": self.kind}

    def add_channel(self, channel_id: str, ttl: str) -> Channel:
        if not CHANNEL_ID.fullmatch(channel_id) or len(self.site_id) + len(channel_id) > 50:
            raise GoogleError("INVALID_ARGUMENT", f"The channel id {channel_id!r} is not valid.")
        if channel_id in self.channels:
            raise GoogleError("ALREADY_EXISTS", f"channel {channel_id} already exists")
        mark = hashlib.sha256(f"{self.name}/{channel_id}".encode()).hexdigest()[:8]
        channel = Channel(f"{self.name}/channels/{channel_id}", f"https://{self.site_id}--{channel_id}-{mark}.web.app")
        channel.live_for(ttl)
        self.channels[channel_id] = channel
        return channel

    def channel(self, channel_id: str) -> Channel:
        if channel_id not in self.channels:
            raise GoogleError("NOT_FOUND", "Requested entity was not found.")
        return self.channels[channel_id]

    def add_version(self, user: str, labels: dict[str, str]) -> Version:
        version_id = secrets.token_hex(8)
        self.versions[version_id] = Version(f"{self.name}/versions/{version_id}", user, labels)
        return self.versions[version_id]

    def version(self, version_id: str) -> Version:
        if version_id not in self.versions:
            raise GoogleError("NOT_FOUND", "Requested entity was not found.")
        return self.versions[version_id]

    def finalize(self, version: Version) -> None:
        missing = sorted(path for path, content in version.files.items() if content not in self.contents)
        if missing:
            raise GoogleError("FAILED_PRECONDITION", f"Some files were never uploaded: {', '.join(missing[:3])}")
        version.status, version.finalized = "FINALIZED", now()

    def release(self, channel: Channel, version_name: str, user: str, message: str) -> Release:
        """The version is the channel's from now on."""
        version = self.version(version_name.rpartition("/")[2])
        if version.status != "FINALIZED":
            raise GoogleError("FAILED_PRECONDITION", "Only a finalized version can be released.")
        name = f"{channel.name}/releases/{len(channel.releases) + 1:016d}"
        channel.releases.append(Release(name, version, user, message))
        return channel.releases[-1]

    def disable(self, channel: Channel, user: str) -> Release:
        """A release of nothing: the site answers 404 from now on."""
        name = f"{channel.name}/releases/{len(channel.releases) + 1:016d}"
        channel.releases.append(Release(name, None, user, kind=SITE_DISABLE))
        return channel.releases[-1]


class Sites(dict[str, Site]):
    """By site id, which is Google-wide one site's."""

    def add(self, project: Project, site_id: str, reserved: Collection[str] = ()) -> Site:
        """`reserved`: names that are kept for other projects."""
        if site_id in self:
            raise GoogleError("ALREADY_EXISTS", f"Site {site_id} already exists")
        if site_id in reserved:
            instead = f"try something like `{_other_name(site_id)}` instead"
            raise GoogleError(
                "INVALID_ARGUMENT", f"Invalid name: `{site_id}` is reserved by another project; {instead}"
            )
        self[site_id] = Site(project.project_id, site_id, DEFAULT if site_id == project.project_id else "USER_SITE")
        return self[site_id]

    def add_default(self, project: Project, reserved: Collection[str] = ()) -> None:
        """Named after the project, or nearly so where that name is reserved."""
        if self.default_of(project) is None:
            name = project.project_id
            name = _other_name(name) if name in reserved or name in self else name
            self[name] = Site(project.project_id, name, DEFAULT)

    def default_of(self, project: Project) -> Site | None:
        ours = (site for site in self.values() if site.project_id == project.project_id)
        return next((site for site in ours if site.kind == DEFAULT), None)

    def at(self, host: str) -> Channel | None:
        """The channel that a web.app host leads to."""
        for site in self.values():
            for channel in site.channels.values():
                if channel.url == f"https://{host}":
                    return channel
        return None


def _other_name(name: str) -> str:
    """As Hosting makes one up: the name and five letters."""
    return f"{name}-{hashlib.sha256(name.encode()).hexdigest()[:5]}"
