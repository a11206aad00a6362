"""Secret Manager's stand-in, used through the real google-cloud-secret-manager over REST.

Over REST the client goes by the HTTP status alone: FAILED_PRECONDITION arrives as BadRequest.
"""

import google_crc32c
import pytest
import requests
from google.api_core import exceptions
from google.cloud import secretmanager

from .conftest import API_KEY, PROJECT, Control

PARENT = f"projects/{PROJECT}"
KEY = f"{PARENT}/secrets/openai-api-key"
AUTOMATIC = secretmanager.Secret(replication={"automatic": {}})
Client = secretmanager.SecretManagerServiceClient
State = secretmanager.SecretVersion.State


def add(client: Client, data: bytes, checksum: int | None = None) -> secretmanager.SecretVersion:
    payload = secretmanager.SecretPayload(data=data, data_crc32c=checksum)
    return client.add_secret_version(parent=KEY, payload=payload)


@pytest.mark.parametrize("version", ["latest", "1"])
def test_a_secret_can_be_read(secrets_client: Client, version: str) -> None:
    answer = secrets_client.access_secret_version(name=f"{KEY}/versions/{version}")
    assert answer.payload.data == API_KEY
    assert answer.payload.data_crc32c == google_crc32c.value(API_KEY)
    assert answer.name == "projects/100000000000/secrets/openai-api-key/versions/1"


def test_the_project_number_names_the_same_secret(secrets_client: Client) -> None:
    name = "projects/100000000000/secrets/openai-api-key/versions/latest"
    assert secrets_client.access_secret_version(name=name).payload.data == API_KEY


def test_a_new_version_is_the_latest(secrets_client: Client) -> None:
    added = add(secrets_client, b"second", google_crc32c.value(b"second"))
    assert (added.state, added.client_specified_payload_checksum) == (State.ENABLED, True)
    assert secrets_client.access_secret_version(name=f"{KEY}/versions/latest").payload.data == b"second"
    assert secrets_client.access_secret_version(name=f"{KEY}/versions/1").payload.data == API_KEY


def test_labels_can_be_changed_and_the_rest_stays(secrets_client: Client) -> None:
    changed = {"secret": {"name": KEY, "labels": {"team": "search"}}, "update_mask": {"paths": ["labels"]}}
    assert secrets_client.update_secret(request=changed).labels == {"team": "search"}
    found = secrets_client.get_secret(name=KEY)
    assert (found.labels, "automatic" in found.replication) == ({"team": "search"}, True)
    replication = {"secret": {"name": KEY}, "update_mask": {"paths": ["replication"]}}
    with pytest.raises(exceptions.BadRequest):
        secrets_client.update_secret(request=replication)


def test_bytes_that_are_no_text_come_back(secrets_client: Client) -> None:
    data = bytes(range(256))
    add(secrets_client, data)
    assert secrets_client.access_secret_version(name=f"{KEY}/versions/latest").payload.data == data


def test_versions_are_listed_newest_first(secrets_client: Client) -> None:
    for number in range(4):
        add(secrets_client, f"v{number}".encode())
    listed = secrets_client.list_secret_versions(request={"parent": KEY, "page_size": 2})
    assert [version.name.rpartition("/")[2] for version in listed] == ["5", "4", "3", "2", "1"]
    assert secrets_client.get_secret_version(name=f"{KEY}/versions/2").state is State.ENABLED


@pytest.mark.parametrize("version", ["1", "latest"])
def test_a_disabled_version_cannot_be_read_until_it_is_enabled(secrets_client: Client, version: str) -> None:
    assert secrets_client.disable_secret_version(name=f"{KEY}/versions/1").state is State.DISABLED
    with pytest.raises(exceptions.BadRequest, match="is in DISABLED state"):
        secrets_client.access_secret_version(name=f"{KEY}/versions/{version}")
    assert secrets_client.enable_secret_version(name=f"{KEY}/versions/1").state is State.ENABLED
    assert secrets_client.access_secret_version(name=f"{KEY}/versions/{version}").payload.data == API_KEY


def test_a_destroyed_version_is_gone_for_good(secrets_client: Client) -> None:
    destroyed = secrets_client.destroy_secret_version(name=f"{KEY}/versions/1")
    assert destroyed.state is State.DESTROYED
    assert destroyed.destroy_time is not None
    with pytest.raises(exceptions.BadRequest, match="is in DESTROYED state"):
        secrets_client.access_secret_version(name=f"{KEY}/versions/1")
    with pytest.raises(exceptions.BadRequest, match="already DESTROYED"):
        secrets_client.enable_secret_version(name=f"{KEY}/versions/1")


def test_secrets_can_be_made_listed_and_deleted(secrets_client: Client) -> None:
    made = secrets_client.create_secret(parent=PARENT, secret_id="signing-key", secret=AUTOMATIC)
    assert made.name == "projects/100000000000/secrets/signing-key"
    assert secrets_client.get_secret(name=f"{PARENT}/secrets/signing-key").etag == made.etag
    assert [secret.name.rpartition("/")[2] for secret in secrets_client.list_secrets(parent=PARENT)] == [
        "openai-api-key",
        "signing-key",
    ]
    with pytest.raises(exceptions.Conflict):
        secrets_client.create_secret(parent=PARENT, secret_id="signing-key", secret=AUTOMATIC)
    with pytest.raises(exceptions.NotFound, match="not found or has no versions"):
        secrets_client.access_secret_version(name=f"{PARENT}/secrets/signing-key/versions/latest")
    secrets_client.delete_secret(name=f"{PARENT}/secrets/signing-key")
    with pytest.raises(exceptions.NotFound):
        secrets_client.get_secret(name=f"{PARENT}/secrets/signing-key")


def test_an_old_etag_changes_nothing(secrets_client: Client) -> None:
    name = f"{KEY}/versions/1"
    before = secrets_client.get_secret_version(name=name).etag
    secrets_client.disable_secret_version(request={"name": name, "etag": before})
    with pytest.raises(exceptions.BadRequest, match="etag"):
        secrets_client.enable_secret_version(request={"name": name, "etag": before})
    with pytest.raises(exceptions.BadRequest, match="etag"):
        secrets_client.delete_secret(request={"name": KEY, "etag": '"old"'})
    assert secrets_client.get_secret_version(name=name).state is State.DISABLED


@pytest.mark.parametrize("name", [f"{PARENT}/secrets/gone/versions/latest", f"{KEY}/versions/9", f"{KEY}/versions/0"])
def test_what_is_not_there_is_not_found(secrets_client: Client, name: str) -> None:
    with pytest.raises(exceptions.NotFound):
        secrets_client.access_secret_version(name=name)


def test_another_project_is_forbidden(secrets_client: Client) -> None:
    with pytest.raises(exceptions.Forbidden):
        secrets_client.access_secret_version(name="projects/other/secrets/openai-api-key/versions/latest")


@pytest.mark.parametrize(
    ("data", "checksum"), [(b"", None), (b"x" * 65537, None), (b"x", 1)], ids=["empty", "huge", "damaged"]
)
def test_a_bad_payload_is_refused(secrets_client: Client, data: bytes, checksum: int | None) -> None:
    with pytest.raises(exceptions.BadRequest):
        add(secrets_client, data, checksum)
    assert secrets_client.access_secret_version(name=f"{KEY}/versions/latest").payload.data == API_KEY


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("secrets?secretId=new", "{"),
        ("secrets?secretId=new", "[]"),
        ("secrets?secretId=new", "{}"),
        ("secrets?secretId=../up", '{"replication":{"automatic":{}}}'),
        ("secrets/openai-api-key:addVersion", "{}"),
        ("secrets/openai-api-key:addVersion", '{"payload":{"data":"%%%"}}'),
        ("secrets/openai-api-key:addVersion", '{"payload":{"data":"eA==","dataCrc32c":"x"}}'),
    ],
)
def test_a_malformed_request_is_an_invalid_argument(secret_manager_url: str, target: str, body: str) -> None:
    json = {"Content-Type": "application/json"}
    answer = requests.post(f"{secret_manager_url}/v1/{PARENT}/{target}", data=body, headers=json, timeout=5)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("query", ["filter=a", "pageSize=x", "pageToken=-1"])
def test_a_listing_it_cannot_give_is_refused(secret_manager_url: str, query: str) -> None:
    assert requests.get(f"{secret_manager_url}/v1/{PARENT}/secrets?{query}", timeout=5).status_code == 400


def test_what_the_stand_in_does_not_have_is_not_found(secret_manager_url: str) -> None:
    answer = requests.get(f"{secret_manager_url}/v1/{KEY}:getIamPolicy", timeout=5)
    assert (answer.status_code, answer.json()["error"]["status"]) == (404, "NOT_FOUND")


def test_an_unavailable_service_is_reported_as_such(secrets_client: Client, secret_manager_control: Control) -> None:
    secret_manager_control.arm("status", operation="versions_access", status=503)
    with pytest.raises(exceptions.ServiceUnavailable):
        secrets_client.access_secret_version(name=f"{KEY}/versions/latest", retry=None)
    assert secrets_client.access_secret_version(name=f"{KEY}/versions/latest").payload.data == API_KEY
