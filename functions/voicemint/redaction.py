"""What looks like a secret never reaches a log or the bucket."""

import re

REDACTED = "[redacted]"

# An OpenAI API key, a client secret, a webhook secret, a bearer, our cookie, any cookie header.
_SECRET = re.compile(
    r"sk-[\w-]{8,}"
    r"|ek_[\w-]{8,}"
    r"|whsec_[\w+/=-]{8,}"
    r"|(?<=bearer )[\w.~+/=-]{8,}"
    r"|(?<=__session=)[^\s;\"',]+"
    r"|(?<=cookie: )[^\r\n]+",
    re.IGNORECASE | re.ASCII,
)


def redact(text: str) -> str:
    return _SECRET.sub(REDACTED, text)
