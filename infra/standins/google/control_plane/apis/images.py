"""The registry of Google's own images, as far as a client asks which digest a tag has now.

Source: OCI Distribution Specification, "Checking if content exists in the registry".
"""

import hashlib

from aiohttp import web

from standins.google.control_plane.framework.api import Api, Call

API = Api("gcr.io", always_on=True)
INDEX = "application/vnd.oci.image.index.v1+json"


@API.route("HEAD", "/v2/cloud-builders/{image}/manifests/{tag}", read=True)
@API.route("HEAD", "/v2/google.com/cloudsdktool/{image}/manifests/{tag}", read=True)
def find(call: Call) -> web.Response:
    """A digest that follows from the tag: what is asked for again has not changed."""
    if INDEX not in call.request.headers.get("Accept", ""):
        return web.Response(status=404)  # an image for several machines is told only to who can read its index
    digest = hashlib.sha256(f"{call.path['image']}:{call.path['tag']}".encode()).hexdigest()
    return web.Response(headers={"Docker-Content-Digest": f"sha256:{digest}", "Content-Type": INDEX})
