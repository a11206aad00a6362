"""The names of the secrets that commands use. The module that reads and writes them loads slowly; this one does not."""

from voicemint.secrets.openai_key import API_KEY_SECRET_ID

OPENAI_API_KEY = API_KEY_SECRET_ID
SIGNING_KEY = "signing-key"
