"""Cloud Storage's JSON API, with the objects as files in a folder that a person can look into.

Implements what google-cloud-storage needs to keep objects: uploads (media, multipart, resumable), downloads,
listings, metadata, deletion, preconditions and checksums. ACLs, versioning, compose and rewrite are not there;
a request for what is not there is refused, never ignored.
https://cloud.google.com/storage/docs/json_api/v1
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from aiohttp import web

from standins.google.faults import Faults
from standins.google.storage.buckets import (
    buckets_delete,
    buckets_get,
    buckets_insert,
    buckets_list,
    buckets_patch,
)
from standins.google.storage.errors import error_answer, errors_as_answers
from standins.google.storage.objects import objects_delete, objects_get, objects_list, objects_patch
from standins.google.storage.requests import NUMBER_OF, STORE, refuse_unknown_parameters
from standins.google.storage.resumable import MAX_CONTENT_BYTES, SESSIONS, objects_cancel, objects_resume
from standins.google.storage.store import PROJECT_NUMBER, Store
from standins.google.storage.uploads import objects_insert
from standins.guard import GUARD, Guard

MULTIPART_OVERHEAD_BYTES = 1024 * 1024
BUCKETS = "/storage/v1/b"
BUCKET = BUCKETS + "/{bucket}"
OBJECTS = BUCKET + "/o"
OBJECT = OBJECTS + "/{object:(?s:.+)}"


def create_app(
    folder: Path, *, buckets: Iterable[str] = (), number_of: Callable[[str], str] = lambda _: PROJECT_NUMBER
) -> web.Application:
    """Keep buckets in `folder`, one folder each; those named in `buckets` are created if absent.

    `number_of` tells the number of the project that a request names ("" where it names none).
    """
    app = web.Application(client_max_size=MAX_CONTENT_BYTES + MULTIPART_OVERHEAD_BYTES)
    Faults(error_answer).install(app)
    app.middlewares.extend([errors_as_answers, refuse_unknown_parameters])
    app[GUARD] = Guard(closed=("/",), uploads=("/upload/", "/resumable/upload/"))
    app[STORE] = _store_with(folder, buckets)
    app[SESSIONS] = {}
    app[NUMBER_OF] = number_of
    app.add_routes(
        [
            web.get(BUCKETS, buckets_list),
            web.post(BUCKETS, buckets_insert),
            web.get(BUCKET, buckets_get),
            web.patch(BUCKET, buckets_patch),
            web.delete(BUCKET, buckets_delete),
            *(
                route
                for upload in ("/upload", "/resumable/upload")
                for route in (
                    web.post(upload + OBJECTS, objects_insert),
                    web.put(upload + OBJECTS, objects_resume),
                    web.delete(upload + OBJECTS, objects_cancel),
                )
            ),
            web.get(OBJECTS, objects_list),
            web.get("/download" + OBJECT, objects_get),
            web.get(OBJECT, objects_get),
            web.patch(OBJECT, objects_patch),
            web.delete(OBJECT, objects_delete),
        ]
    )
    return app


def _store_with(folder: Path, buckets: Iterable[str]) -> Store:
    store = Store(folder)
    there = {bucket.name for bucket in store.buckets()}
    for name in buckets:
        if name not in there:
            store.create_bucket(name, {})
    return store
