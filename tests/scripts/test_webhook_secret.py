"""The webhook's signing secret: what the bootstrap makes up is good, is another each time, and is known again."""

from owner.webhook_secret import is_made_up, made_up_secret, nobodys_secret
from voicemint.openai.webhooks import WebhookSecrets


def test_what_the_bootstrap_makes_up_is_known_by_its_mark_whatever_its_version_is() -> None:
    first, second = made_up_secret(), made_up_secret()
    assert first != second
    for secret in (first, second):
        WebhookSecrets(secret)
        assert is_made_up(secret)
    assert not is_made_up(nobodys_secret())
