import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import flask
import pytest
from standins.serving import ServerThread
from voicemint.access.firebase import firebase_access
from voicemint.access.google_id_tokens import (
    MAX_CACHE_SECONDS,
    MIN_CACHE_SECONDS,
    STALE_SECONDS,
    UNKNOWN_KEY_SECONDS,
    GoogleCertificates,
)
from voicemint.access.modes import access_for
from voicemint.access.person import Person
from voicemint.errors import ApiError, ControlUnavailable, SettingsError, SignedOut
from voicemint.settings import Settings

from ...conftest import Clock
from ...id_tokens import ALLOWED, PROJECT_ID, Issuer, SigningKey, claims, encode_segment

KEY = SigningKey("key-1")
OTHER_KEY = SigningKey("key-2")
ENVIRONMENT = {"VOICEMINT_ACCESS": "firebase", "CONTROL_BUCKET": "control", "PROJECT_ID": PROJECT_ID}

SignIn = Callable[[str], Person]


@pytest.fixture
def issuer() -> Issuer:
    return Issuer([KEY])


@pytest.fixture
def sign_in(servers: ServerThread, issuer: Issuer, clock: Clock) -> Iterator[SignIn]:
    """Ask who sends this Authorization header."""
    certificates = GoogleCertificates(f"{servers.serve(issuer.create_app())}/certificates", clock)
    settings = Settings.from_environ({**ENVIRONMENT, "FIREBASE_ALLOWED": ALLOWED})
    access = firebase_access(settings, certificates)
    app = flask.Flask("test")

    def ask(authorization: str) -> Person:
        with app.test_request_context(headers={"Authorization": authorization}):
            return access(flask.request)

    return ask


def refusals(sign_in: SignIn, *tokens: str) -> set[type[ApiError]]:
    found = set()
    for token in tokens:
        with pytest.raises(ApiError) as caught:
            sign_in(f"Bearer {token}")
        found.add(caught.type)
    return found


def test_an_allowed_person_is_let_in(sign_in: SignIn, issuer: Issuer) -> None:
    person = sign_in(f"Bearer {issuer.token()}")
    assert person.name == "ana@example.com"
    assert person.person_id == hashlib.sha256(b"uid-of-ana").hexdigest()[:24]
    assert person.expires_at is not None
    assert person.expires_at > time.time()
    assert person.epoch is None
    assert sign_in(f"bearer {issuer.token(exp=person.expires_at)}") == person


def test_who_somebody_is_does_not_depend_on_the_address(sign_in: SignIn, issuer: Issuer) -> None:
    before = sign_in(f"Bearer {issuer.token()}")
    after = sign_in(f"Bearer {issuer.token(email='ana@example.org')}")
    assert (before.person_id, before.name) == (after.person_id, "ana@example.com")
    assert sign_in(f"Bearer {issuer.token(sub='uid-of-ben')}").person_id != before.person_id


@pytest.mark.parametrize("email", ["ana@example.com", "Ana@Example.COM", "ben@example.org", "BEN@EXAMPLE.ORG"])
def test_an_address_or_its_domain_is_allowed_in_any_case(sign_in: SignIn, issuer: Issuer, email: str) -> None:
    assert sign_in(f"Bearer {issuer.token(email=email)}").name == email.lower()


@pytest.mark.parametrize(
    "email",
    [
        "ben@example.com",
        "ana@example.com.evil.com",
        "xana@example.com",
        "ben@evil-example.org",
        "ben@example.org.evil.com",
        "ben@sub.example.org",
        "ben@example.org@evil.com",
        "ben@example.orgx",
        "example.org",
        "@example.com",
        "ben@",
        "@example.org",
        "ben@evil.com@example.org",
        "",
        "ana@example.com ",
        "ana@example.com\n",
        "ana@example.com,ben@evil.com",
        "ben@ex\u0430mple.org",
        "ben@example.org\u3002evil.com",
    ],
    ids=ascii,
)
def test_an_address_that_only_looks_allowed_is_refused(sign_in: SignIn, issuer: Issuer, email: str) -> None:
    assert refusals(sign_in, issuer.token(email=email)) == {SignedOut}


@pytest.mark.parametrize(("claim", "seconds_from_now"), [("exp", -3600), ("iat", 3600), ("auth_time", 3600)])
def test_a_token_of_another_time_is_refused(sign_in: SignIn, issuer: Issuer, claim: str, seconds_from_now: int) -> None:
    assert refusals(sign_in, issuer.token(**{claim: int(time.time()) + seconds_from_now})) == {SignedOut}


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": None},
        {"auth_time": None},
        {"auth_time": "1790000000"},
        {"aud": "other-project"},
        {"aud": [PROJECT_ID]},
        {"aud": [PROJECT_ID, "other-project"]},
        {"aud": None},
        {"iss": "https://securetoken.google.com/other-project"},
        {"iss": "https://accounts.google.com"},
        {"iss": f"https://securetoken.google.com/{PROJECT_ID}/"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "u" * 129},
        {"sub": 7},
        {"email": None},
        {"email": ["ana@example.com"]},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email_verified": 1},
    ],
    ids=str,
)
def test_a_token_whose_claims_are_not_right_is_refused(
    sign_in: SignIn, issuer: Issuer, changes: dict[str, object]
) -> None:
    assert refusals(sign_in, issuer.token(**changes)) == {SignedOut}


def test_a_token_that_nobody_signed_is_refused(sign_in: SignIn) -> None:
    payload = encode_segment(claims())
    for algorithm in ("none", "None", "NONE", ""):
        header = encode_segment({"alg": algorithm, "kid": "key-1", "typ": "JWT"})
        assert refusals(sign_in, f"{header}.{payload}.", f"{header}.{payload}", f"{header}.{payload}.AAAA") == {
            SignedOut
        }


def test_a_token_signed_with_the_certificate_as_a_password_is_refused(sign_in: SignIn) -> None:
    header = encode_segment({"alg": "HS256", "kid": "key-1", "typ": "JWT"})
    signed = f"{header}.{encode_segment(claims())}"
    mac = hmac.new(KEY.certificate.encode(), signed.encode(), hashlib.sha256).digest()
    assert refusals(sign_in, f"{signed}.{encode_segment(mac)}") == {SignedOut}


@pytest.mark.parametrize("header", [{"alg": "ES256"}, {"alg": "RS512"}, {"alg": None}, {"kid": None}, {"kid": ["a"]}])
def test_a_header_that_firebase_does_not_write_is_refused(
    sign_in: SignIn, issuer: Issuer, header: dict[str, object]
) -> None:
    assert refusals(sign_in, issuer.token(header=header)) == {SignedOut}


def test_a_token_of_a_key_that_is_not_googles_is_refused(sign_in: SignIn, issuer: Issuer) -> None:
    assert refusals(sign_in, issuer.token(key=OTHER_KEY)) == {SignedOut}
    same_name = SigningKey("key-1")
    assert refusals(sign_in, issuer.token(key=same_name)) == {SignedOut}


def test_a_token_has_one_spelling(sign_in: SignIn, issuer: Issuer) -> None:
    """RS256 leaves four bits of the last character unused."""
    token = issuer.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="
    others = [token[:-1] + character for character in alphabet if character != token[-1]]
    assert refusals(sign_in, *others, token + "=", token + "==", token + "A", token.replace(".", "..", 1)) == {
        SignedOut
    }


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer .", "Bearer ..", "Bearer a.b.c", "Bearer " + "a" * 5000,
     "Bearer é.é.é", f"Bearer {encode_segment(b'[' * 2900)}.e30.AAAA", f"Bearer {encode_segment([])}.e30.AAAA",
     f"Bearer {encode_segment(bytes([255]))}.e30.AAAA"],
    ids=lambda text: ascii(text)[:30],
)  # fmt: skip
def test_what_is_no_token_is_refused_without_a_fetch(sign_in: SignIn, issuer: Issuer, authorization: str) -> None:
    with pytest.raises(SignedOut):
        sign_in(authorization)
    assert issuer.fetches == 0


def test_ten_thousand_verifications_are_one_fetch(sign_in: SignIn, issuer: Issuer) -> None:
    authorization = f"Bearer {issuer.token()}"
    assert len({sign_in(authorization) for _ in range(10_000)}) == 1
    assert issuer.fetches == 1


def test_many_threads_fetch_once(sign_in: SignIn, issuer: Issuer) -> None:
    with ThreadPoolExecutor(16) as threads:
        people = set(threads.map(sign_in, [f"Bearer {issuer.token()}"] * 64))
    assert (len(people), issuer.fetches) == (1, 1)


def test_ten_thousand_junk_tokens_are_one_fetch_a_minute(sign_in: SignIn, issuer: Issuer, clock: Clock) -> None:
    payload = encode_segment(claims())
    junk = [f"{encode_segment({'alg': 'RS256', 'kid': f'junk-{n}'})}.{payload}.AAAA" for n in range(5_000)]
    assert refusals(sign_in, *junk) == {SignedOut}
    assert issuer.fetches == 1
    clock.now += UNKNOWN_KEY_SECONDS
    assert refusals(sign_in, *junk) == {SignedOut}
    assert issuer.fetches == 2


def test_a_new_key_is_looked_up_at_most_once_a_minute(sign_in: SignIn, issuer: Issuer, clock: Clock) -> None:
    sign_in(f"Bearer {issuer.token()}")
    issuer.keys.append(OTHER_KEY)
    of_new_key = issuer.token(key=OTHER_KEY)
    assert refusals(sign_in, of_new_key) == {SignedOut}
    clock.now += UNKNOWN_KEY_SECONDS
    assert sign_in(f"Bearer {of_new_key}").name == "ana@example.com"
    assert issuer.fetches == 2


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("public, max-age=21600", 21_600),
        ("public, max-age=3600, must-revalidate", 3_600),
        ("max-age=1", MIN_CACHE_SECONDS),
        ("no-store", MIN_CACHE_SECONDS),
        ("max-age=999999999", MAX_CACHE_SECONDS),
        ("max-age=-5", MIN_CACHE_SECONDS),
    ],
)
def test_the_certificates_are_kept_for_as_long_as_google_says_within_bounds(
    sign_in: SignIn, issuer: Issuer, clock: Clock, cache_control: str, seconds: int
) -> None:
    issuer.cache_control = cache_control
    authorization = f"Bearer {issuer.token()}"
    sign_in(authorization)
    clock.now += seconds - 1
    sign_in(authorization)
    assert issuer.fetches == 1
    clock.now += 1
    sign_in(authorization)
    assert issuer.fetches == 2


@pytest.mark.parametrize(
    ("status", "body"), [(503, None), (200, "<html>"), (200, "[]"), (200, "{}"), (302, None)], ids=str
)
def test_the_last_certificates_hold_for_a_day_while_google_does_not_give_any(
    sign_in: SignIn, issuer: Issuer, clock: Clock, status: int, body: str | None
) -> None:
    authorization = f"Bearer {issuer.token()}"
    sign_in(authorization)
    issuer.status, issuer.body = status, body
    clock.now += STALE_SECONDS
    sign_in(authorization)
    clock.now += 1
    assert refusals(sign_in, issuer.token()) == {ControlUnavailable}
    issuer.status, issuer.body = 200, None
    clock.now += UNKNOWN_KEY_SECONDS
    sign_in(authorization)


def test_nobody_is_let_in_before_there_are_certificates(sign_in: SignIn, issuer: Issuer, clock: Clock) -> None:
    issuer.status = 503
    assert refusals(sign_in, *[issuer.token()] * 20) == {ControlUnavailable}
    assert issuer.fetches == 1
    issuer.status = 200
    clock.now += UNKNOWN_KEY_SECONDS
    sign_in(f"Bearer {issuer.token()}")


@pytest.mark.parametrize("missing", [{"PROJECT_ID": ""}, {"FIREBASE_ALLOWED": ""}, {"FIREBASE_ALLOWED": ","}], ids=str)
def test_the_process_refuses_to_start_where_nobody_could_pass(missing: dict[str, str]) -> None:
    settings = Settings.from_environ({**ENVIRONMENT, "FIREBASE_ALLOWED": ALLOWED, **missing})
    with pytest.raises(SettingsError, match="needs PROJECT_ID and FIREBASE_ALLOWED"):
        access_for(settings)
