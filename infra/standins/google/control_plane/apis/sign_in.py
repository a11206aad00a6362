"""Google's sign-in, as far as clients that have a token or a refresh token ask it."""

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.state.tokens import TOKEN
from standins.values import Json

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
API = Api("oauth2.googleapis.com", "oauth2.googleapis.com", "www.googleapis.com", always_on=True)


def token(_call: Call) -> Json:
    return {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer", "scope": SCOPE}


def token_info(call: Call) -> Json:
    return {"azp": "local", "aud": "local", "scope": SCOPE, "expires_in": "3599", "email": _account(call)}


def user_info(call: Call) -> Json:
    return {"sub": "100000000000000000001", "email": _account(call), "email_verified": True}


for _path in ("/token", "/oauth2/v3/token", "/oauth2/v4/token"):
    API.post(_path, read=True)(token)
for _path in ("/tokeninfo", "/oauth2/v3/tokeninfo", "/oauth2/v1/tokeninfo"):
    API.get(_path)(token_info)
    API.post(_path, read=True)(token_info)
for _path in ("/oauth2/v3/userinfo", "/oauth2/v1/userinfo"):
    API.get(_path)(user_info)


def _account(call: Call) -> str:
    return next((project.account for project in call.state.projects.values()), "owner@example.com")
