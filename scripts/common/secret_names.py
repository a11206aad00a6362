"""The names of the secrets that commands ask for; what reads and writes them is another module, which loads slowly."""

from voicemint.secrets.openai_key import API_KEY_SECRET_ID

OPENAI_API_KEY = API_KEY_SECRET_ID
SIGNING_KEY = "signing-key"
