import re

import pytest
from voicemint.access.invites import INVITE_SECONDS, Invite, make_invite, read_invite
from voicemint.secrets.signing import SigningKeys

from ...conftest import SIGNING_KEY

NOW = 1_800_000_000.0


@pytest.fixture
def keys() -> SigningKeys:
    return SigningKeys(f"k1 {SIGNING_KEY}")


def test_an_invite_is_read_as_it_was_made(keys: SigningKeys) -> None:
    invite, text = make_invite(keys, "Ana's iPad", epoch=3, now=NOW)
    assert (invite.name, invite.epoch) == ("Ana's iPad", 3)
    assert re.fullmatch("[0-9a-f]{24}", invite.invite_id)
    assert read_invite(keys, text, now=NOW) == invite


@pytest.mark.parametrize(
    ("age", "accepted"), [(0, True), (INVITE_SECONDS - 1, True), (INVITE_SECONDS, False), (INVITE_SECONDS + 1, False)]
)
def test_an_invite_is_good_for_a_day(keys: SigningKeys, age: int, accepted: bool) -> None:
    assert INVITE_SECONDS == 24 * 3600
    _, text = make_invite(keys, "Ana", epoch=0, now=NOW)
    assert isinstance(read_invite(keys, text, now=NOW + age), Invite) is accepted


def test_no_two_invites_are_the_same(keys: SigningKeys) -> None:
    made = [make_invite(keys, "Ana", epoch=0, now=NOW) for _ in range(100)]
    assert len({invite.invite_id for invite, _ in made}) == len({text for _, text in made}) == 100


def test_a_session_is_no_invite(keys: SigningKeys) -> None:
    payload = {"id": "a1", "name": "Ana", "exp": int(NOW) + 60, "epoch": 0}
    assert read_invite(keys, keys.sign("session", payload), now=NOW) is None


def test_an_invite_of_another_key_is_refused(keys: SigningKeys) -> None:
    _, text = make_invite(SigningKeys("k1 " + "6" * 64), "Ana", epoch=0, now=NOW)
    assert read_invite(keys, text, now=NOW) is None


def test_the_record_of_an_invite_does_not_hold_its_text(keys: SigningKeys) -> None:
    invite, text = make_invite(keys, "Ana's iPad", epoch=0, now=NOW)
    name, content = invite.record(now=NOW)
    assert name == f"invited/{invite.invite_id}.json"
    assert b"Ana's iPad" in content
    assert text.rpartition(".")[2].encode() not in content
