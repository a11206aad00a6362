"""IAM Service Account Credentials v1: google-auth asks it where a service account may be used."""

from standins.google_control_plane.api import Api, Call, Json

API = Api("iamcredentials.googleapis.com", always_on=True)


@API.get("/v1/projects/-/serviceAccounts/{account}/allowedLocations")
def get_allowed_locations(_call: Call) -> Json:
    """Anywhere: no boundary was drawn."""
    return {"locations": [], "encodedLocations": "0x0"}
