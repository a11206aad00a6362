"""infra/iam.txt: who may do what. The rules are those of SECURITY.md; each is shown to fire."""

import re
from collections.abc import Sequence

import pytest

from .infra_files import FUNCTIONS, IAM, PRIVATE, PUBLIC, Binding, bindings

ACCOUNTS = {*FUNCTIONS, "builder", "deployer", "call-tasks"}
TALKS_TO_OPENAI = {"answer-phone", "create-call", "mint-client-secret", "watch-call"}
WRITES_PAYLOADS = ("log-payload", "watch-call")
FUNCTION = "|".join(map(re.escape, FUNCTIONS))
# Role, who may have it, on what. A role that is not here is none that Voicemint gives.
ALLOWED = (
    ("roles/artifactregistry.writer", "builder|deployer", "repository/voicemint"),
    ("roles/cloudtasks.enqueuer", FUNCTION, "queue/calls"),
    ("roles/cloudfunctions.developer", "deployer", "project"),
    ("roles/firebasehosting.admin", "deployer", "project"),
    ("roles/iam.serviceAccountUser", "deployer", f"account/({FUNCTION}|builder)"),
    ("roles/iam.serviceAccountUser", FUNCTION, "account/call-tasks"),
    ("roles/logging.logWriter", "builder|deployer", "project"),
    ("roles/run.developer", "deployer", "project"),
    ("roles/run.invoker", "call-tasks", f"service/({'|'.join(PRIVATE)})"),
    ("roles/run.invoker", "allUsers", f"service/({'|'.join(map(re.escape, PUBLIC))})"),
    ("roles/secretmanager.secretAccessor", FUNCTION, "secret/(openai-api-key|signing-key)"),
    ("roles/secretmanager.secretAccessor", "answer-phone", "secret/openai-webhook-secret"),
    ("roles/serviceusage.serviceUsageConsumer", "deployer", "project"),
    ("roles/storage.objectCreator", FUNCTION, "bucket/(control|payloads)"),
    ("roles/storage.objectViewer", FUNCTION, "bucket/control"),
    ("roles/storage.objectViewer", "builder", r"bucket/gcf-v2-\*"),
)


def problems(policy: Sequence[Binding]) -> list[Binding]:
    """Bindings that no line of the table allows, or that stand there twice."""
    return [
        binding for position, binding in enumerate(policy) if binding in policy[:position] or not is_allowed(binding)
    ]


def is_allowed(binding: Binding) -> bool:
    return any(
        role == binding.role and re.fullmatch(members, binding.member) and re.fullmatch(resources, binding.resource)
        for role, members, resources in ALLOWED
    )


def granted(member: str, role: str) -> set[str]:
    """The resources, without their kind."""
    return {b.resource.partition("/")[2] for b in IAM if b.member == member and b.role == role}


def test_the_policy_keeps_to_the_table() -> None:
    assert problems(IAM) == []


@pytest.mark.parametrize(
    "line",
    [
        "deployer roles/owner project",
        "deployer roles/editor project",
        "deployer roles/run.admin project",
        "deployer roles/secretmanager.secretAccessor secret/openai-api-key",
        "deployer roles/iam.serviceAccountUser project",
        "deployer roles/iam.serviceAccountUser account/deployer",
        "builder roles/storage.objectViewer project",
        "builder roles/storage.objectViewer bucket/control",
        "log-payload roles/storage.objectViewer bucket/payloads",
        "log-payload roles/storage.objectViewer bucket/gcf-v2-*",
        "log-payload roles/storage.objectAdmin bucket/payloads",
        "mint-client-secret roles/secretmanager.secretAccessor project",
        "watch-call roles/secretmanager.secretAccessor secret/openai-webhook-secret",
        "somebody roles/logging.logWriter project",
        "allUsers roles/run.invoker project",
        "allUsers roles/run.invoker service/watch-call",
        "call-tasks roles/run.invoker service/sign-in",
        "create-call roles/cloudtasks.enqueuer project",
        "create-call roles/iam.serviceAccountUser account/deployer",
        "allUsers roles/storage.objectViewer bucket/control",
        "deployer roles/logging.logWriter project\ndeployer roles/logging.logWriter project",
    ],
)
def test_the_table_refuses(line: str) -> None:
    assert problems(bindings(line)) != []


def test_every_account_is_one_and_can_be_made() -> None:
    acted_as = {b.resource.removeprefix("account/") for b in IAM if b.resource.startswith("account/")}
    assert {binding.member for binding in IAM} - {"allUsers"} | acted_as == ACCOUNTS
    assert [name for name in ACCOUNTS if not re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", name)] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_reads_exactly_the_secrets_that_it_mounts(name: str) -> None:
    mounted = {reference.partition(":")[0] for reference in FUNCTIONS[name]["--set-secrets"].values()}
    assert granted(name, "roles/secretmanager.secretAccessor") == mounted


def test_only_who_speaks_to_openai_reads_its_key() -> None:
    assert {b.member for b in IAM if b.resource == "secret/openai-api-key"} == TALKS_TO_OPENAI


def test_payloads_are_written_by_two_functions_and_read_by_none() -> None:
    of_payloads = [binding for binding in IAM if binding.resource == "bucket/payloads"]
    assert of_payloads == [Binding(name, "roles/storage.objectCreator", "bucket/payloads") for name in WRITES_PAYLOADS]


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_function_is_called_by_cloud_tasks_account_and_nobody_else(name: str) -> None:
    assert [b.member for b in IAM if b.resource == f"service/{name}"] == ["call-tasks"]
    assert granted("call-tasks", "roles/run.invoker") == PRIVATE


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_reads_the_control_bucket(name: str) -> None:
    assert granted(name, "roles/storage.objectViewer") == {"control"}


def test_the_deployer_acts_as_the_accounts_of_the_functions_and_their_build_only() -> None:
    assert granted("deployer", "roles/iam.serviceAccountUser") == {*FUNCTIONS, "builder"}


def test_hosting_reaches_every_function_that_it_rewrites_to() -> None:
    assert granted("allUsers", "roles/run.invoker") == PUBLIC


@pytest.mark.parametrize("name", FUNCTIONS)
def test_who_makes_tasks_may_have_them_come_back(name: str) -> None:
    makes_tasks = granted(name, "roles/cloudtasks.enqueuer") == {"calls"}
    assert makes_tasks == (granted(name, "roles/iam.serviceAccountUser") == {"call-tasks"})


def test_who_signs_out_can_be_noted_by_sign_in() -> None:
    assert granted("sign-in", "roles/storage.objectCreator") == {"control"}


def test_what_parses_the_most_reads_no_openai_key_and_writes_no_control_object() -> None:
    assert granted("log-payload", "roles/secretmanager.secretAccessor") == {"signing-key"}
    assert granted("log-payload", "roles/storage.objectCreator") == {"payloads"}
