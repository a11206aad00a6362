"""An image by its digest: what a tag stands for changes, what a digest stands for does not."""

import re

import requests
from common.console import CommandFailed

TAGGED = re.compile(r"(?P<registry>[a-z0-9.-]+)/(?P<image>[a-z0-9./_-]+):(?P<tag>[A-Za-z0-9._-]+)")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# Of an image for several machines, and of one for a single kind.
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
TIMEOUT = (5, 15)


def pinned(tagged: str) -> str:
    """REGISTRY/IMAGE@sha256:… of a public REGISTRY/IMAGE:TAG, as the registry has it now. Raises CommandFailed.

    Source: OCI Distribution Specification, "Checking if content exists in the registry".
    """
    found = TAGGED.fullmatch(tagged)
    if found is None:
        raise CommandFailed(
            happened=f"cloudbuild.yaml names the image {tagged!r}, which is not REGISTRY/IMAGE:TAG", todo="Correct it."
        )
    url = f"https://{found['registry']}/v2/{found['image']}/manifests/{found['tag']}"
    answer = requests.head(url, headers={"Accept": ", ".join(MANIFESTS)}, timeout=TIMEOUT, allow_redirects=True)
    digest = answer.headers.get("Docker-Content-Digest", "")
    if not (answer.ok and DIGEST.fullmatch(digest)):
        raise CommandFailed(
            happened=f"The registry of {tagged} answered {answer.status_code} when it was asked for the image's digest",
            todo="Does cloudbuild.yaml name a public image that is there?",
        )
    return f"{found['registry']}/{found['image']}@{digest}"
