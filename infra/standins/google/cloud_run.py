"""The one call of Cloud Run's admin API that the Hosting emulator makes: where does this service run?

The emulator finds it by CLOUD_RUN_API_URL and reads `.status.url`.
https://cloud.google.com/run/docs/reference/rest/v1/projects.locations.services/get
"""

from collections.abc import Mapping

from aiohttp import web

SERVICES = web.AppKey("services", Mapping[str, str])


def create_app(services: Mapping[str, str]) -> web.Application:
    """`services`: service id -> base URL; they run in every project and region."""
    app = web.Application()
    app[SERVICES] = services
    app.router.add_get("/v1/projects/{project}/locations/{region}/services/{service}", services_get)
    return app


async def services_get(request: web.Request) -> web.Response:
    project, region, service = (request.match_info[name] for name in ("project", "region", "service"))
    if not request.headers.get("Authorization", "").startswith("Bearer "):
        return _error(401, "Request is missing required authentication credential.", "UNAUTHENTICATED")
    url = request.app[SERVICES].get(service)
    if url is None:
        return _error(404, f"Resource '{service}' of kind 'SERVICE' in region '{region}' does not exist", "NOT_FOUND")
    return web.json_response(
        {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": {"name": service, "namespace": project, "labels": {"cloud.googleapis.com/location": region}},
            "status": {"url": url, "address": {"url": url}},
        }
    )


def _error(code: int, message: str, status: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, "status": status}}, status=code)
