"""What the owner's commands say of a refusal by Google's own clients: what is known is told as what it is."""

import pytest
from common.console import EXIT_FAILED, WHOSE, CommandFailed, run
from common.gcloud import GcloudFailed
from google.api_core.exceptions import Forbidden, GoogleAPICallError, NotFound

KEPT = (
    "POST https://storage.googleapis.com/upload/storage/v1/b/kept/o: Object 'kept/control.json' is subject to bucket's "
    "retention policy or object retention and cannot be deleted or overwritten until 2027-01-01T00:00:00Z"
)


def said(error: Exception, capsys: pytest.CaptureFixture[str]) -> str:
    def command() -> int:
        raise error

    assert run(command) == EXIT_FAILED
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Forbidden(KEPT), "gs://kept --clear-retention-period"),
        (Forbidden("Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x"),
         "Ask who administers the perimeter"),
        (Forbidden("x does not have storage.objects.create access"), "roles/owner"),
        (NotFound("The specified bucket does not exist."), WHOSE),
    ],
    ids=["a retention period", "a perimeter", "a role", "anything else"],
)  # fmt: skip
def test_a_refusal_of_googles_clients_is_told_as_what_it_is(
    error: GoogleAPICallError, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = said(error, capsys)
    assert words in sentence
    assert (WHOSE in sentence) == (words == WHOSE)


def test_a_refused_gcloud_command_says_what_to_do_where_its_words_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    line = "gcloud builds triggers create manual --project=some-project"
    refused = "ERROR: (gcloud.x) FAILED_PRECONDITION: cannot run builds in this region"
    assert "Choose another REGION" in said(GcloudFailed(line, refused), capsys)
    assert "The words above say why." in said(GcloudFailed(line, "ERROR: something new"), capsys)


def test_what_another_program_said_ends_with_one_full_stop() -> None:
    failed = CommandFailed(happened="`deploy` failed: error: Make them the same.", todo="See above.")
    assert str(failed) == "`deploy` failed: error: Make them the same. See above."
