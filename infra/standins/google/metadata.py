"""The metadata server of Compute Engine, Cloud Run and functions, as google-auth asks it.

Clients find it by GCE_METADATA_HOST (all requests) and GCE_METADATA_IP (google.auth.default()'s first ping).
Identity tokens are signed by a key made at first use; `/_standin/certs` gives the public half.
https://cloud.google.com/compute/docs/metadata/querying-metadata
"""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from standins.google.identity import IdentityTokens
from standins.guard import CONTROL_PREFIX

FLAVOR = {"Metadata-Flavor": "Google"}
ROOT = "/computeMetadata/v1/"
TOKEN_LIFETIME_SECONDS = 3599
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
ACCESS_TOKEN = "ya29.the-offline-stand-in-gives-this"  # noqa: S105


@dataclass(frozen=True)
class Instance:
    """What an instance knows about itself."""

    project: str
    project_number: str
    region: str
    service_account: str
    access_token: str = ACCESS_TOKEN
    identity: IdentityTokens = field(default_factory=IdentityTokens)

    def texts(self) -> dict[str, str]:
        """The leaves that answer with plain text."""
        return {
            "project/project-id": self.project,
            "project/numeric-project-id": self.project_number,
            "universe/universe-domain": "googleapis.com",
            "instance/id": "1000000000000000001",
            "instance/region": f"projects/{self.project_number}/regions/{self.region}",
            "instance/zone": f"projects/{self.project_number}/zones/{self.region}-1",
            "instance/service-accounts/": f"default/\n{self.service_account}/\n",
        }


INSTANCE = web.AppKey("instance", Instance)


def create_app(
    *,
    project: str = "voicemint-local",
    project_number: str = "100000000000",
    region: str = "us-central1",
    service_account: str | None = None,
    access_token: str = ACCESS_TOKEN,
    under: str = "",
) -> web.Application:
    """The metadata server of one instance in `project`.

    If `under` is an unguessable path, only programs that know it get a response: GCE_METADATA_HOST=127.0.0.1:PORT/PATH.
    These clients can send no credential, and the access token is a key.
    """
    app = web.Application(middlewares=[_flavored])
    email = service_account or f"local-run@{project}.iam.gserviceaccount.com"
    app[INSTANCE] = instance = Instance(project, project_number, region, email, access_token)
    root = f"{under}{ROOT}"
    app.router.add_get("/", _root)
    for path, text in instance.texts().items():
        app.router.add_get(root + path, _text(text))
    for account in ("default", email):
        base = f"{root}instance/service-accounts/{account}/"
        app.router.add_get(base, _account)
        app.router.add_get(base + "email", _text(email))
        app.router.add_get(base + "scopes", _text("\n".join(SCOPES) + "\n"))
        app.router.add_get(base + "aliases", _text("default\n"))
        app.router.add_get(base + "token", _token)
        app.router.add_get(base + "identity", _identity)
    app.router.add_get(f"{CONTROL_PREFIX}certs", _certs)
    return app


@web.middleware
async def _flavored(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Google's guard against requests forged through a victim, and its mark on every answer."""
    is_asked_about = ROOT in request.path
    if is_asked_about and "X-Forwarded-For" in request.headers:
        return web.Response(status=403, text="Request was forwarded", headers=FLAVOR)
    if is_asked_about and request.headers.get("Metadata-Flavor") != "Google":
        return web.Response(status=403, text="Missing Metadata-Flavor:Google header", headers=FLAVOR)
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        response = web.Response(status=refusal.status, text=refusal.reason)
    response.headers.update(FLAVOR)
    return response


async def _root(_request: web.Request) -> web.Response:
    return web.Response(text="computeMetadata/\n")


def _text(text: str) -> Handler:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=text, content_type="application/text")

    return answer


async def _account(request: web.Request) -> web.Response:
    if request.query.get("recursive") != "true":
        return web.Response(text="aliases\nemail\nidentity\nscopes\ntoken\n", content_type="application/text")
    account: dict[str, Any] = {
        "aliases": ["default"],
        "email": request.app[INSTANCE].service_account,
        "scopes": list(SCOPES),
    }
    return web.json_response(account)


async def _token(request: web.Request) -> web.Response:
    return web.json_response(
        {
            "access_token": request.app[INSTANCE].access_token,
            "expires_in": TOKEN_LIFETIME_SECONDS,
            "token_type": "Bearer",
        }
    )


async def _identity(request: web.Request) -> web.Response:
    audience = request.query.get("audience")
    if not audience:
        return web.Response(status=400, text="non-empty audience parameter required")
    return web.Response(text=_identity_token(request.app[INSTANCE], audience), content_type="text/html")


def _identity_token(instance: Instance, audience: str) -> str:
    return instance.identity.token(instance.service_account, audience, azp=instance.service_account)


async def _certs(request: web.Request) -> web.Response:
    return await request.app[INSTANCE].identity.serve_certificates(request)
