"""The made-up access tokens of this Google."""

TOKEN = "ya29.made-up-for-the-local-google"  # noqa: S105


def token_of(email: str) -> str:
    """The token of whoever acts as this service account."""
    return f"{TOKEN}.{email}"
