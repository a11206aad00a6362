"""What scripts/bootstrap.sh asks before it does anything."""

from common.gcloud import Gcloud

from ..desired import Desired
from ..findings import Finding
from .looking import look_before
from .table import KEY, PREFLIGHT, findings


def preflight(gcloud: Gcloud, desired: Desired, *, key_given: bool = False) -> list[Finding]:
    """Looks and changes nothing. A bootstrap goes on where no finding is a problem; it takes some seconds.

    `key_given`: the stored key is about to be replaced, so what is wrong with it stops nobody.
    """
    found = findings(look_before(gcloud, desired), PREFLIGHT)
    return [finding for finding in found if not (key_given and finding.id in KEY)]
