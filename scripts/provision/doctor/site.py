"""The hosted site as a browser reaches it: the page, and a function behind each rewrite."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from common.fingerprint import RELEASE_FILE

from ..findings import Finding
from .context import Context, ok

MAX_PAGE_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Seen:
    status: int
    is_json: bool
    body: Any  # of JSON, else None


def reading_name(path: str) -> str:
    return f"site:{path}"


def rewrites(firebase_json: str) -> Mapping[str, str]:
    """A path that leads to each function, by the function's name."""
    found = json.loads(firebase_json)["hosting"]["rewrites"]
    return {rewrite["run"]["serviceId"]: rewrite["source"].partition("*")[0].rstrip("/") for rewrite in found[::-1]}


def look_at(url: str, seconds: float, post: Any = None) -> Seen:
    """With `post`, what is answered to that as JSON. Raises RequestException."""
    method = "GET" if post is None else "POST"
    with requests.request(method, url, json=post, timeout=seconds, allow_redirects=False, stream=True) as answer:
        content = next(answer.iter_content(MAX_PAGE_BYTES), b"")
    is_json = answer.headers.get("Content-Type", "").partition(";")[0] == "application/json"
    try:
        return Seen(answer.status_code, is_json, json.loads(content) if is_json else None)
    except ValueError:
        return Seen(answer.status_code, is_json=False, body=None)


def page(context: Context) -> Iterable[Finding]:
    url, answer = context.desired.names.site_url, context.of(reading_name(f"/{RELEASE_FILE}"))
    release = f"scripts/release.sh --project {context.project_id}"
    if not url:
        yield _unknown_site(context)
    elif not answer.ok:
        yield context.unasked("page", f"The page at {url}", answer)
    elif answer.value.status != 200 or not isinstance(answer.value.body, dict):
        yield context.missing("page", f"The page at {url}", release)
    elif answer.value.body.get("page") != context.fingerprints["page"]:
        title = f"The page at {url} answers, but is not the one that is here"
        yield Finding("page", "warning", title, "it was released from other sources", release)
    else:
        yield ok("page", f"The page at {url} answers, and is current")


def _unknown_site(context: Context) -> Finding:
    if not context.begun:
        return context.missing("page", "The page")
    title = "The page: not checked, because Hosting does not say which site is the project's"
    fix = f"SITE=… in infra/project.env: https://console.firebase.google.com/project/{context.project_id}/hosting/sites"
    return Finding("page", "unknown", title, "its default site has not always the project's name", fix)


def functions_behind(context: Context) -> Iterable[Finding]:
    """Once there is a page: does each rewrite lead to its function, and may Hosting invoke it?"""
    release = context.of(reading_name(f"/{RELEASE_FILE}"))
    if not release.ok or release.value.status != 200:
        return
    for function, path in context.rewrites.items():
        answer = context.of(reading_name(path))
        if answer.ok:
            yield _judge(context, function, path, answer.value)
        else:
            yield context.unasked(f"rewrite:{path}", f"{path} at the site", answer)


def _judge(context: Context, function: str, path: str, seen: Seen) -> Finding:
    finding_id, names = f"rewrite:{path}", context.desired.names
    where = f"--region={names.region} --project={names.project_id}"
    if seen.is_json and seen.status < 500:
        return ok(finding_id, f"{path} leads to {function}")  # that it refuses us is its own answer
    if seen.status in (401, 403):
        title = f"{path}: Cloud Run lets nobody in, and {function} is not asked"
        fix = (
            f"gcloud run services add-iam-policy-binding {function} {where} --member=allUsers --role=roles/run.invoker "
            f"(where an organization policy forbids that: gcloud run services update {function} {where} "
            "--no-invoker-iam-check)"
        )
        return Finding(finding_id, "problem", title, "Hosting asks without credentials", fix)
    if seen.status == 404:
        title = f"{path} leads nowhere: the release is not the one that web/firebase.json describes"
        return Finding(finding_id, "problem", title, "", f"scripts/release.sh --project {names.project_id}")
    title = f"{path}: {function} fails with {seen.status}"
    return Finding(finding_id, "problem", title, "", f"gcloud functions logs read {function} {where}")
