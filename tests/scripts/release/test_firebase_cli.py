from release.firebase_cli import inherited

NEEDED = {"PATH": "/usr/bin", "HOME": "/home/ana", "HTTPS_PROXY": "http://proxy:3128", "NODE_EXTRA_CA_CERTS": "/ca"}
SECRETS = (
    "OPENAI_API_KEY", "VOICEMINT_SESSION", "VOICEMINT_INVITE", "FIREBASE_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "AWS_SECRET_ACCESS_KEY",
)  # fmt: skip


def test_the_firebase_cli_gets_no_key_no_session_and_no_other_sign_in() -> None:
    assert inherited({**NEEDED, **dict.fromkeys(SECRETS, "planted")}) == NEEDED
