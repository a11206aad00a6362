"""IAM Service Account Credentials v1: where a service account may be used, and tokens of one for who may act as it."""

from datetime import UTC, datetime, timedelta

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.state.refusals import permission_denied
from standins.google.control_plane.state.tokens import token_of
from standins.values import Json

API = Api("iamcredentials.googleapis.com", always_on=True)
ACCOUNT = "/v1/projects/-/serviceAccounts/{account}"
GET_TOKEN = "iam.serviceAccounts.getAccessToken"  # noqa: S105
LIVES = timedelta(hours=1)


@API.get(ACCOUNT + "/allowedLocations")
def get_allowed_locations(_call: Call) -> Json:
    """Anywhere: no boundary was drawn."""
    return {"locations": [], "encodedLocations": "0x0"}


@API.post(ACCOUNT + ":generateAccessToken", permission=GET_TOKEN, read=True)
def generate_access_token(call: Call) -> Json:
    """By the token that comes of it, the log tells who asked what."""
    account = call.state.accounts.get(call.path["account"])
    if account is None:  # Google does not tell whether it is there
        raise permission_denied(GET_TOKEN, call.url_path.lstrip("/"), API.service)
    expires = (datetime.now(UTC) + LIVES).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"accessToken": token_of(account.email), "expireTime": expires}
