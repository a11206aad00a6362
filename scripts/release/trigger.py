"""The command line of scripts/trigger.sh: a build trigger, and the session with which its builds try a release."""

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from common.build_names import DEPLOYER, SESSION_SECRET, TRIGGER
from common.command_line import CommandLine
from common.console import CommandFailed, run, say, show
from common.fingerprint import ROOT
from common.newest_version import number_of, unreadable_among
from common.secret_names import SIGNING_KEY
from provision.ownership import is_our_trigger
from provision.resources import is_marked

from .image import pinned
from .project import Released, released_project
from .smoke_session import sign_in

BUILD_CONFIG = "cloudbuild.yaml"
MARK = "managed-by=voicemint"
IMAGES = ("_IMAGE", "_DOCKER")
MAIN = "^main$"
ACCESSOR = "roles/secretmanager.secretAccessor"


@dataclass(frozen=True)
class Step:
    """`secret`: what goes to the command's stdin is made when the step is done."""

    title: str
    command: tuple[str, ...]
    secret: bool = False


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    project = released_project()
    plan = list(planned(project, options))
    if not plan:
        say("The trigger is as it should be.")
        return 0
    for step in plan:
        show(f"# {step.title}\n{shlex.join(step.command)}")
    if options.dry_run:
        return 0
    if not (options.yes or options.renew_session or confirmed()):
        say("Cancelled. Nothing was changed.")
        return 1
    for step in plan:
        say(step.title)
        project.gcloud.run(step.command, stdin=sign_in(project) if step.secret else "")
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/trigger.sh")
    parser.add_argument("--connection", metavar="NAME")
    parser.add_argument("--repository", metavar="NAME")
    parser.add_argument("--branch", metavar="REGEX", default=MAIN)
    parser.add_argument("--previews", action="store_true")
    parser.add_argument("--renew-session", action="store_true")
    parser.add_argument("--delete", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--yes", action="store_true")
    options = parser.parse_args(arguments)
    if not (options.delete or options.renew_session or (options.connection and options.repository)):
        parser.error(
            "--connection and --repository are needed. Connect the repository first, in the console: "
            "https://console.cloud.google.com/cloud-build/repositories/2nd-gen"
        )
    if options.branch != MAIN and not options.previews:
        parser.error(
            "--branch wants --previews: whoever can push to such a branch can read the keys and transcripts of the "
            "project that builds it. Use a project of its own for previews (PROJECT_ENV), and say --previews there"
        )
    return options


def planned(project: Released, options: argparse.Namespace) -> Iterator[Step]:
    """What is left to do. Reads only. Raises GcloudFailed, and CommandFailed where somebody else's is in the way."""
    secrets = {secret["name"].rpartition("/")[2]: secret for secret in project.gcloud.read("secrets", "list") or ()}
    secret, trigger = secrets.get(SESSION_SECRET), _trigger(project)
    has_secret = secret is not None
    if not options.delete:
        _refuse_foreign(project, secret, trigger)
    if options.delete:
        if trigger is not None and is_our_trigger(trigger, project.names):
            yield _step(project, "Delete the trigger", "builds", "triggers", "delete", TRIGGER, region=True)
        if secret is not None and is_marked(secret):
            yield _step(project, "Delete the smoke check's session", "secrets", "delete", SESSION_SECRET, "--quiet")
        return
    if not has_secret:
        create = ("secrets", "create", SESSION_SECRET, *_replication(secrets, project), f"--labels={MARK}")
        yield _step(project, "Make the secret that the smoke check's session is kept in", *create)
    yield from _grant(project, has_secret=has_secret)
    versions = _versions(project) if has_secret else []
    if options.renew_session or not versions or unreadable_among(SESSION_SECRET, versions):
        add = ("secrets", "versions", "add", SESSION_SECRET, "--data-file=-")
        yield Step("Sign the smoke check in, for 30 days", tuple(project.gcloud.command(*add)), secret=True)
        for version in _not_destroyed(versions):
            destroy = ("secrets", "versions", "destroy", version, f"--secret={SESSION_SECRET}", "--quiet")
            yield _step(project, f"Destroy its session before, version {version}", *destroy)
    if not options.renew_session:
        yield from _trigger_step(project, options, trigger)


def _refuse_foreign(project: Released, secret: dict[str, Any] | None, trigger: dict[str, Any] | None) -> None:
    """Raises CommandFailed for what stands under these names and was not made here."""
    foreign = [f"the secret {SESSION_SECRET}"] if secret is not None and not is_marked(secret) else []
    foreign += [f"the trigger {TRIGGER}"] if trigger is not None and not is_our_trigger(trigger, project.names) else []
    if foreign:
        raise CommandFailed(
            happened=f"Voicemint did not make what has these names: {' and '.join(foreign)}",
            todo="Nothing was changed. Rename or delete it first.",
        )


def _trigger_step(project: Released, options: argparse.Namespace, found: dict[str, Any] | None) -> Iterator[Step]:
    names = project.names
    connections = f"projects/{names.project_id}/locations/{names.region}/connections"
    repository = f"{connections}/{options.connection}/repositories/{options.repository}"
    account = f"projects/{names.project_id}/serviceAccounts/{names.email(DEPLOYER)}"
    variables = {"_REGION": names.region, "_BUCKET": names.bucket, "_CONTROL_BUCKET": names.control_bucket}
    build = yaml.safe_load((ROOT / BUILD_CONFIG).read_text(encoding="utf-8"))
    variables |= {
        "_SITE": project.site,
        "_SITE_URL": project.site_url,
        **{name: pinned(build["substitutions"][name]) for name in IMAGES},
    }
    wanted = {
        "repositoryEventConfig": {"repository": repository, "push": {"branch": options.branch}},
        "filename": BUILD_CONFIG,
        "serviceAccount": account,
        "substitutions": variables,
    }
    if found is not None and _says(found) == wanted:
        return
    if found is not None:  # `triggers update` writes a branch where a trigger of a connected repository has none
        yield _step(project, "Delete the trigger that is there", "builds", "triggers", "delete", TRIGGER, region=True)
    yield _step(
        project,
        f"Create the trigger: a push to {options.branch} is released",
        *("builds", "triggers", "create", "github", f"--name={TRIGGER}"),
        f"--repository={repository}",
        f"--branch-pattern={options.branch}",
        f"--build-config={BUILD_CONFIG}",
        f"--service-account={account}",
        f"--substitutions={','.join(f'{name}={value}' for name, value in variables.items())}",
        region=True,
    )


def _says(trigger: dict[str, Any]) -> dict[str, Any]:
    event = trigger.get("repositoryEventConfig", {})
    return {
        "repositoryEventConfig": {
            "repository": event.get("repository"),
            "push": {"branch": event.get("push", {}).get("branch")},
        },
        "filename": trigger.get("filename"),
        "serviceAccount": trigger.get("serviceAccount"),
        "substitutions": trigger.get("substitutions"),
    }


def _trigger(project: Released) -> dict[str, Any] | None:
    listed = project.gcloud.read("builds", "triggers", "list", f"--region={project.names.region}")
    return next((trigger for trigger in listed or () if trigger.get("name") == TRIGGER), None)


def _replication(secrets: Mapping[str, Any], project: Released) -> tuple[str, ...]:
    """As the bootstrap had to make the others: an organization may allow only some locations, and not `global`."""
    if "userManaged" in secrets.get(SIGNING_KEY, {}).get("replication", {}):
        return "--replication-policy=user-managed", f"--locations={project.names.region}"
    return ("--replication-policy=automatic",)


def _versions(project: Released) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] | None = project.gcloud.read("secrets", "versions", "list", SESSION_SECRET)
    return listed or []


def _not_destroyed(versions: list[dict[str, Any]]) -> list[str]:
    return [str(number_of(version)) for version in versions if version["state"] != "DESTROYED"]


def _grant(project: Released, *, has_secret: bool) -> Iterator[Step]:
    member = f"serviceAccount:{project.names.email(DEPLOYER)}"
    policy = project.gcloud.read("secrets", "get-iam-policy", SESSION_SECRET) if has_secret else {}
    found = [grant for grant in policy.get("bindings", []) if grant["role"] == ACCESSOR and "condition" not in grant]
    if not any(member in grant["members"] for grant in found):
        yield _step(
            project, "Let builds read it, and no other secret",
            *("secrets", "add-iam-policy-binding", SESSION_SECRET, f"--member={member}", f"--role={ACCESSOR}"),
            "--condition=None", "--format=none",
        )  # fmt: skip


def _step(project: Released, title: str, *arguments: str, region: bool = False) -> Step:
    where = (f"--region={project.names.region}",) if region else ()
    return Step(title, tuple(project.gcloud.command(*arguments, *where)))


def confirmed() -> bool:
    say("Do it? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
