"""What the organization above the project forbids, as far as it matters here."""

from collections.abc import Iterable, Mapping
from typing import Any

from common.names import REGION

from ..findings import Finding
from .answers import Answer, Refusal
from .context import Context, ok

MEMBER_DOMAINS = "iam.allowedPolicyMemberDomains"
MEMBERS = "iam.managed.allowedPolicyMembers"
REQUIRE_INVOKER = "run.managed.requireInvokerIam"
INGRESS = "run.allowedIngress"
LOCATIONS = "gcp.resourceLocations"
TOLD_BEFORE = (MEMBER_DOMAINS, INGRESS, LOCATIONS)  # by an API that is always on
CONSTRAINTS = (MEMBER_DOMAINS, MEMBERS, REQUIRE_INVOKER, INGRESS, LOCATIONS)

CONTINENTS = ("africa", "asia", "australia", "eu", "europe", "global", "me", "northamerica", "southamerica", "us")

FALLBACK = "the bootstrap switches Cloud Run's invoker check off instead (--no-invoker-iam-check); nothing to do"


def reading_name(constraint: str) -> str:
    return f"policy:{constraint}"


def organization(context: Context) -> Iterable[Finding]:
    answers = {constraint: context.of(reading_name(constraint)) for constraint in CONSTRAINTS}
    refused = [answer for name, answer in answers.items() if not answer.ok and not _is_silent(name, answer)]
    if refused:
        yield context.unasked("organization", "Organization policies", refused[0], "roles/orgpolicy.policyViewer")
        return
    rules = {constraint: _rules(answer) for constraint, answer in answers.items()}
    found = [*_public(context, rules), *_ingress(context, rules), *_location(context, rules)]
    yield from found or [ok("organization", "No organization policy stands in the way", _replicas(context, rules))]


def _is_silent(constraint: str, answer: Answer) -> bool:
    """Google does not know the constraint here, or will tell of it when its API is on."""
    later = answer.refusal is Refusal.API_OFF and constraint not in TOLD_BEFORE
    return later or answer.refusal is Refusal.NOT_FOUND


def _rules(answer: Answer) -> list[Mapping[str, Any]]:
    """The rules in force, as far as they are known."""
    return list(answer.value.get("spec", {}).get("rules", [])) if answer.ok and answer.value else []


def _public(context: Context, rules: Mapping[str, list[Mapping[str, Any]]]) -> Iterable[Finding]:
    closed = [name for name in (MEMBER_DOMAINS, MEMBERS) if is_restricted(rules[name]) or is_enforced(rules[name])]
    if not closed:
        return
    title = f"An organization policy forbids allUsers: {', '.join(closed)}"
    if not is_enforced(rules[REQUIRE_INVOKER]):
        yield Finding("organization:public", "warning", title, FALLBACK, context.console("iam-admin/orgpolicies"))
        return
    detail = f"and {REQUIRE_INVOKER} forbids the way round it: Hosting could not reach the functions"
    fix = f"Ask who administers the organization for an exception: {context.console('iam-admin/orgpolicies')}"
    yield Finding("organization:public", "problem", title, detail, fix)


def _ingress(context: Context, rules: Mapping[str, list[Mapping[str, Any]]]) -> Iterable[Finding]:
    if not permits(rules[INGRESS], lambda value: value in ("all", "is:all")):
        title = f"An organization policy forbids functions that can be reached from outside: {INGRESS}"
        fix = f"Ask for an exception that allows `all`: {context.console('iam-admin/orgpolicies')}"
        yield Finding("organization:ingress", "problem", title, "Hosting calls them from outside", fix)


def _location(context: Context, rules: Mapping[str, list[Mapping[str, Any]]]) -> Iterable[Finding]:
    region = context.desired.names.region
    if not permits(rules[LOCATIONS], lambda value: _covers(value, region)):
        allowed = [value for rule in rules[LOCATIONS] for value in rule.get("values", {}).get("allowedValues", [])]
        certain = all(map(_is_known, allowed))
        title = f"An organization policy {'forbids' if certain else 'may forbid'} {region}: {LOCATIONS}"
        where = "in infra/project.env and in web/firebase.json"
        fix = f"Choose another REGION, {where}, or ask for an exception: {context.console('iam-admin/orgpolicies')}"
        detail = f"allowed: {', '.join(allowed)}" if allowed else ""
        yield Finding("organization:location", "problem" if certain else "warning", title, detail, fix)


def _replicas(context: Context, rules: Mapping[str, list[Mapping[str, Any]]]) -> str:
    """What becomes of secrets, which are nowhere in particular unless that is forbidden."""
    if permits(rules[LOCATIONS], lambda value: value in ("global", "in:global-locations")):
        return ""
    return f"{LOCATIONS} allows only some locations: secrets get their replica in {context.desired.names.region}"


def is_enforced(rules: Iterable[Mapping[str, Any]]) -> bool:
    return any(rule.get("enforce") for rule in rules)


def is_restricted(rules: Iterable[Mapping[str, Any]]) -> bool:
    """A list that does not allow everything."""
    return any(rule.get("denyAll") or rule.get("values", {}).get("allowedValues") for rule in rules)


def permits(rules: Iterable[Mapping[str, Any]], covers: Any) -> bool:
    """Whether a list constraint leaves something that `covers`; without a rule everything is allowed."""
    for rule in rules:
        values = rule.get("values", {})
        allowed, denied = values.get("allowedValues", []), values.get("deniedValues", [])
        if rule.get("denyAll") or any(map(covers, denied)) or (allowed and not any(map(covers, allowed))):
            return False
    return True


def _is_known(value: str) -> bool:
    """Whether it is clear what a value stands for: a region, or a continent."""
    place = value.removeprefix("in:").removesuffix("-locations")
    return bool(REGION.fullmatch(place)) or place in CONTINENTS


def _covers(value: str, region: str) -> bool:
    """`us-central1`, in:us-central1-locations, in:us-locations; a group that is not named so is not recognized."""
    place = value.removeprefix("in:").removesuffix("-locations")
    return region == place or region.startswith(f"{ {'eu': 'europe'}.get(place, place) }-")
