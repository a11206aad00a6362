"""Buckets over HTTP."""

from aiohttp import web

from standins.google_storage.requests import STORE, bucket_of, json_object
from standins.google_storage.resources import bucket_fields, bucket_resource


async def buckets_list(request: web.Request) -> web.Response:
    prefix = request.query.get("prefix", "")
    buckets = [bucket for bucket in request.app[STORE].buckets() if bucket.name.startswith(prefix)]
    items = [bucket_resource(request, bucket.record()) for bucket in buckets]
    return web.json_response({"kind": "storage#buckets", "items": items})


async def buckets_insert(request: web.Request) -> web.Response:
    body = await json_object(request)
    bucket = request.app[STORE].create_bucket(str(body.get("name", "")), bucket_fields(body))
    return web.json_response(bucket_resource(request, bucket.record()))


async def buckets_get(request: web.Request) -> web.Response:
    return web.json_response(bucket_resource(request, bucket_of(request).record()))


async def buckets_delete(request: web.Request) -> web.Response:
    request.app[STORE].delete_bucket(request.match_info["bucket"])
    return web.Response(status=204)
