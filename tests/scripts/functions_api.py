"""As much of Google as `gcloud functions deploy` asks: it records each request and says that every function is live."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

RUNTIMES = {"runtimes": [{"name": "python313", "environment": "GEN_2", "stage": "GA"}]}
SOURCE = {"bucket": "gcf-v2-uploads-1-us-central1", "object": "source.zip"}
# Every API that a deployment may ask: one left out would be asked on the internet.
APIS = (
    "ARTIFACTREGISTRY",
    "CLOUDBUILD",
    "CLOUDFUNCTIONS",
    "CLOUDRESOURCEMANAGER",
    "IAM",
    "RUN",
    "SERVICEUSAGE",
    "STORAGE",
)


@dataclass
class FunctionsApi:
    """`refused` are functions that may not be created; `unfinished` are those whose deployment never ends."""

    refused: frozenset[str] = frozenset()
    unfinished: frozenset[str] = frozenset()
    created: dict[str, Any] = field(default_factory=dict)
    updated: list[str] = field(default_factory=list)
    sources: list[bytes] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        functions = r"/v2/{parent:projects/[^/]+/locations/[^/]+}"
        app.add_routes(
            [
                web.get(functions + "/functions/{name}", self._describe),
                web.post(functions + "/functions", self._create),
                web.patch(functions + "/functions/{name}", self._update),
                web.get(functions + "/runtimes", _always(RUNTIMES)),
                web.post(functions + "/functions:generateUploadUrl", self._upload_url),
                web.get(functions + "/operations/{name}", self._operation),
                web.put("/source.zip", self._upload),
                web.get("/v1/projects/{project}", _always({"projectId": "any", "projectNumber": "1"})),
                web.get("/v1/projects/{project}/services/{service}", _always({"state": "ENABLED"})),
            ]
        )
        app.middlewares.append(self._record)
        return app

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path}")
        return await handler(request)

    async def _describe(self, request: web.Request) -> web.Response:
        function = self.created.get(request.match_info["name"])
        if function is None:
            return _error(404, "NOT_FOUND", "there is no such function")
        return web.json_response({**function, "state": "ACTIVE", "environment": "GEN_2"})

    async def _create(self, request: web.Request) -> web.Response:
        name = request.query["functionId"]
        if name in self.refused:
            return _error(403, "PERMISSION_DENIED", f"the caller may not create {name}")
        self.created[name] = await request.json()
        return web.json_response(self._state(request.match_info["parent"], name))

    async def _update(self, request: web.Request) -> web.Response:
        self.updated.append(request.match_info["name"])
        return web.json_response(self._state(request.match_info["parent"], request.match_info["name"]))

    async def _operation(self, request: web.Request) -> web.Response:
        return web.json_response(self._state(request.match_info["parent"], request.match_info["name"]))

    def _state(self, parent: str, name: str) -> dict[str, Any]:
        metadata = {"@type": "type.googleapis.com/google.cloud.functions.v2.OperationMetadata"}
        state = {"name": f"{parent}/operations/{name}", "metadata": metadata}
        return state if name in self.unfinished else {**state, "done": True, "response": {}}

    async def _upload_url(self, request: web.Request) -> web.Response:
        return web.json_response({"uploadUrl": f"{request.url.origin()}/source.zip", "storageSource": SOURCE})

    async def _upload(self, request: web.Request) -> web.Response:
        self.sources.append(await request.read())
        return web.Response()


def _always(answer: dict[str, Any]) -> Handler:
    async def handler(_request: web.Request) -> web.Response:
        return web.json_response(answer)

    return handler


def _error(code: int, status: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "status": status, "message": message}}, status=code)


def gcloud_environment(base_url: str, folder: Path) -> dict[str, str]:
    """Leads gcloud to `base_url` and nowhere else, signed in as nobody, with a configuration of its own in `folder`."""
    (folder / "access-token").write_text("nobody")
    overrides = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api}": f"{base_url}/" for api in APIS}
    return {
        **overrides,
        "HOME": str(folder),
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(folder / "access-token"),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_SURVEY_DISABLE_PROMPTS": "1",
    }
