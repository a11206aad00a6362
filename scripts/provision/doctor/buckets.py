"""Names of buckets are shared by all of Google Cloud: ours, free, or somebody else's."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..desired import Bucket
from ..findings import Finding
from .answers import Refusal
from .context import Context, ok


def reading_name(bucket: str) -> str:
    return f"bucket:{bucket}"


def buckets(context: Context) -> Iterable[Finding]:
    listed = context.of("buckets")
    ours = {bucket["name"]: bucket for bucket in listed.value} if listed.ok else {}
    for bucket in context.desired.buckets:
        finding_id, answer = reading_name(bucket.name), context.of(reading_name(bucket.name))
        if bucket.name in ours:
            yield _of_ours(context, bucket, ours[bucket.name])
        elif answer.refusal is Refusal.NOT_FOUND:
            yield context.missing(finding_id, f"The bucket {bucket.name}")
        elif listed.ok and (answer.ok or answer.refusal is Refusal.DENIED):
            variable = "BUCKET" if bucket.name == context.desired.names.bucket else "CONTROL_BUCKET"
            title = f"The bucket name {bucket.name} is taken by another project"
            fix = f"Write another name into infra/project.env: {variable}={bucket.name}-2"
            yield Finding(finding_id, "problem", title, "these names are shared by all of Google Cloud", fix)
        else:
            yield context.unasked(finding_id, f"The bucket {bucket.name}", answer if listed.ok else listed)


def _of_ours(context: Context, bucket: Bucket, found: Mapping[str, Any]) -> Finding:
    """A retention period: what is in the bucket cannot be written again, or deleted, until it is over."""
    finding_id, kept = reading_name(bucket.name), found.get("retentionPolicy") or {}
    if not kept:
        return ok(finding_id, f"The bucket {bucket.name} is this project's")
    period = f"every object for {int(kept.get('retentionPeriod', 0)):,} s"
    clear = f"gcloud storage buckets update gs://{bucket.name} --clear-retention-period --project={context.project_id}"
    if not bucket.overwritten:
        title = f"The bucket {bucket.name} keeps {period}: what was said cannot be deleted before"
        return Finding(finding_id, "warning", title, "its retention period is none of Voicemint's", clear)
    title = f"The control bucket {bucket.name} keeps {period}: the stop switch cannot be written"
    if kept.get("isLocked"):
        fix = f"Write another name into infra/project.env: CONTROL_BUCKET={bucket.name}-2, then {context.bootstrap}"
        return Finding(finding_id, "problem", title, "the period is locked, so it stays for good", fix)
    if context.preflight:  # it is in the plan
        return Finding(finding_id, "pending", title, "this bootstrap takes the period away", clear)
    return Finding(finding_id, "problem", title, "nobody could be signed out either", clear)
