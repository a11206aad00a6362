"""Firebase Hosting v1beta1, as the Firebase CLI asks it: sites, channels, versions, files, releases.

https://firebase.google.com/docs/reference/hosting/rest
"""

import gzip
import hashlib
import re
import zlib

from aiohttp import web

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.operation_routes import poll
from standins.google.control_plane.framework.pages import page
from standins.google.control_plane.state.hosting_sites import SITE_DISABLE, Channel, Release, Site, Sites, Version
from standins.google.control_plane.state.run_services import Services
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("firebasehosting.googleapis.com")
UPLOADS = Api("firebasehosting.googleapis.com", "upload-firebasehosting.googleapis.com")
SITES = "/v1beta1/projects/{project}/sites"
SITE = SITES + "/{site}"
CHANNELS = SITE + "/channels"
CHANNEL = CHANNELS + "/{channel}"
VERSIONS = SITE + "/versions"
VERSION = VERSIONS + "/{version}"
FILE = "/upload/sites/{site}/versions/{version}/files"
HASH = re.compile(r"[0-9a-f]{64}")
GET, UPDATE = "firebasehosting.sites.get", "firebasehosting.sites.update"


def site_of(call: Call) -> Site:
    """`-` is any project: a site's id is one site's."""
    site = call.state.part(Sites).get(call.path["site"])
    wanted = call.path.get("project", "-")
    if site is None or (wanted != "-" and site.project_id != call.state.project(wanted).project_id):
        raise GoogleError("NOT_FOUND", "Requested entity was not found.")
    return site


def channel_of(call: Call) -> Channel:
    return site_of(call).channel(call.path["channel"])


def version_of(call: Call) -> Version:
    return site_of(call).version(call.path["version"])


def user_of(call: Call) -> str:
    return call.state.project(site_of(call).project_id).account


@API.get(SITES, permission=GET)
def list_sites(call: Call) -> Json:
    found = [site for site in call.state.part(Sites).values() if site.project_id == call.project.project_id]
    return page([site.resource() for site in found], "sites", call)


@API.post(SITES, permission=UPDATE)
def create_site(call: Call) -> Json:
    reserved = call.state.rules.reserved_sites
    return call.state.part(Sites).add(call.project, call.query["siteId"], reserved).resource()


@API.get(SITE, permission=GET)
def get_site(call: Call) -> Json:
    return site_of(call).resource()


@API.get(CHANNELS, permission=GET)
def list_channels(call: Call) -> Json:
    return page([channel.resource() for channel in site_of(call).channels.values()], "channels", call)


@API.get(CHANNEL, permission=GET)
def get_channel(call: Call) -> Json:
    return channel_of(call).resource()


@API.post(CHANNELS, permission=UPDATE)
def create_channel(call: Call) -> Json:
    return site_of(call).add_channel(call.query.get("channelId", ""), call.json().get("ttl", "604800s")).resource()


@API.patch(CHANNEL, permission=UPDATE)
def update_channel(call: Call) -> Json:
    channel = channel_of(call)
    if call.query.get("updateMask") != "ttl":
        raise GoogleError("INVALID_ARGUMENT", "Only the ttl of a channel can be changed here.")
    channel.live_for(call.json().get("ttl", ""))
    return channel.resource()


@API.delete(CHANNEL, permission=UPDATE)
def delete_channel(call: Call) -> Json:
    site, channel_id = site_of(call), call.path["channel"]
    if channel_id == "live":
        raise GoogleError("INVALID_ARGUMENT", "The live channel cannot be deleted.")
    channel_of(call)
    del site.channels[channel_id]
    return {}


@API.get(CHANNEL + "/releases", permission=GET)
def list_channel_releases(call: Call) -> Json:
    return _releases(call, channel_of(call))


@API.get(SITE + "/releases", permission=GET)
def list_releases(call: Call) -> Json:
    return _releases(call, site_of(call).channel("live"))


@API.post(CHANNEL + "/releases", permission=UPDATE)
def create_release(call: Call) -> Json:
    site, said = site_of(call), call.json()
    if said.get("type") == SITE_DISABLE:
        return site.disable(channel_of(call), user_of(call)).resource()
    return site.release(
        channel_of(call), call.query.get("versionName", ""), user_of(call), said.get("message", "")
    ).resource()


@API.get(VERSIONS, permission=GET)
def list_versions(call: Call) -> Json:
    return page([version.resource() for version in site_of(call).versions.values()], "versions", call)


@API.post(VERSIONS, permission=UPDATE)
def create_version(call: Call) -> Json:
    return site_of(call).add_version(user_of(call), call.json().get("labels", {})).resource()


@API.get(VERSION, permission=GET)
def get_version(call: Call) -> Json:
    return version_of(call).resource()


@API.get(VERSION + "/files", permission=GET)
def list_files(call: Call) -> Json:
    files = [{"path": path, "hash": content, "status": "ACTIVE"} for path, content in version_of(call).files.items()]
    return page(files, "files", call)


@API.post(VERSION + ":populateFiles", permission=UPDATE)
def populate_files(call: Call) -> Json:
    site, version, files = site_of(call), _open(version_of(call)), call.json().get("files", {})
    for path, content in files.items():
        if not path.startswith("/") or not HASH.fullmatch(content):
            raise GoogleError("INVALID_ARGUMENT", f"{path!r}: expected a path from the root and a SHA-256.")
    version.files.update(files)
    missing = sorted({content for content in files.values() if content not in site.contents})
    path = f"/upload/{version.name.partition('/sites/')[2]}/files"
    url = f"https://{UPLOADS.hosts[0]}{path.replace('/upload/', '/upload/sites/', 1)}"
    return {"uploadUrl": url, **({"uploadRequiredHashes": missing} if missing else {})}


@UPLOADS.post(FILE + "/{content}", permission=UPDATE)
def upload_file(call: Call) -> web.Response:
    site, content = site_of(call), call.path["content"]
    _open(version_of(call))
    try:
        gzip.decompress(call.body)
    except (OSError, EOFError, zlib.error):
        raise GoogleError("INVALID_ARGUMENT", "The file is not gzipped.") from None
    if hashlib.sha256(call.body).hexdigest() != content:
        raise GoogleError("INVALID_ARGUMENT", "The content hash is not that of the file.")
    site.contents[content] = call.body
    return web.Response()


@API.patch(VERSION, permission=UPDATE)
def update_version(call: Call) -> Json:
    site, version, given = site_of(call), _open(version_of(call)), call.json()
    if "config" in given:
        _check_rewrites(call, site, given["config"])
        version.config = given["config"]
    if given.get("status") == "FINALIZED":
        site.finalize(version)
    return version.resource()


API.get("/v1beta1/projects/{project}/operations/{operation}")(poll)


def _releases(call: Call, channel: Channel) -> Json:
    newest_first: list[Release] = channel.releases[::-1]
    return page([release.resource() for release in newest_first], "releases", call, max_size=100)


def _open(version: Version) -> Version:
    if version.status != "CREATED":
        raise GoogleError("FAILED_PRECONDITION", f"The version is {version.status}: it cannot be changed any more.")
    return version


def _check_rewrites(call: Call, site: Site, config: Json) -> None:
    """A rewrite must lead to a service that is there, and to a tag that it has."""
    for rewrite in config.get("rewrites", []):
        run = rewrite.get("run")
        if run is None:
            raise GoogleError("UNIMPLEMENTED", "The local Hosting rewrites to Cloud Run only.")
        service = call.state.part(Services).get((site.project_id, run["region"], run["serviceId"]))
        if service is None:
            raise GoogleError(
                "INVALID_ARGUMENT",
                f"Cloud Run service `{run['serviceId']}` does not exist in region `{run['region']}` in this project.",
            )
        if run.get("tag") and service.revision_for(run["tag"]) is None:
            raise GoogleError("INVALID_ARGUMENT", f"The service {run['serviceId']} has no tag {run['tag']}.")
