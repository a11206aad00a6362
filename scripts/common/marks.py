"""The label by which what Google keeps for Voicemint is known to be Voicemint's."""

LABEL = "managed-by"
LABEL_VALUE = "voicemint"
