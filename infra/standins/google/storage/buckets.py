"""Buckets over HTTP."""

from aiohttp import web

from standins.google.storage.errors import StorageError, condition_not_met
from standins.google.storage.requests import STORE, bucket_of, json_object, project_number
from standins.google.storage.resources import bucket_fields, bucket_resource, merged


async def buckets_list(request: web.Request) -> web.Response:
    prefix, number = request.query.get("prefix", ""), project_number(request)
    records = [bucket.record() for bucket in request.app[STORE].buckets() if bucket.name.startswith(prefix)]
    items = [bucket_resource(request, record) for record in records if record.project_number == number]
    return web.json_response({"kind": "storage#buckets", "items": items})


async def buckets_insert(request: web.Request) -> web.Response:
    body = await json_object(request)
    bucket = request.app[STORE].create_bucket(str(body.get("name", "")), bucket_fields(body), project_number(request))
    return web.json_response(bucket_resource(request, bucket.record()))


async def buckets_get(request: web.Request) -> web.Response:
    return web.json_response(bucket_resource(request, bucket_of(request).record()))


async def buckets_patch(request: web.Request) -> web.Response:
    """Change the fields given; null removes one."""
    bucket, changes = bucket_of(request), bucket_fields(await json_object(request))
    if "retentionPolicy" in changes and (bucket.record().attributes.get("retentionPolicy") or {}).get("isLocked"):
        raise StorageError(403, f"Bucket '{bucket.name}' has a locked Retention Policy.", "forbidden")
    wanted = request.query.get("ifMetagenerationMatch")
    if wanted not in (None, str(bucket.record().metageneration)):
        raise condition_not_met()
    changed = bucket.change(merged(bucket.record().attributes, changes))
    return web.json_response(bucket_resource(request, changed))


async def buckets_delete(request: web.Request) -> web.Response:
    request.app[STORE].delete_bucket(request.match_info["bucket"])
    return web.Response(status=204)
