"""Size of a picture sent as a data URI; its dimensions stand in the first bytes of a PNG or a JPEG."""

import base64
import binascii
import struct
from dataclasses import dataclass

from .errors import ApiError

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8"
# Start-of-frame markers carry the size; C4, C8 and CC share their range but are tables.
START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class ImageSize:
    width: int
    height: int


def image_size(data_uri: str) -> ImageSize:
    """Return the size in pixels of a PNG or JPEG data URI; raises ApiError for anything else."""
    header, _, encoded = data_uri.partition(",")
    if header not in ("data:image/png;base64", "data:image/jpeg;base64"):
        raise _refused("expected a data URI of a base64 PNG or JPEG")
    try:
        data = base64.b64decode(encoded, validate=True)
        return _png_size(data) if data.startswith(PNG_SIGNATURE) else _jpeg_size(data)
    except (binascii.Error, struct.error, IndexError):
        raise _refused("the picture cannot be read") from None


def _png_size(data: bytes) -> ImageSize:
    return ImageSize(*struct.unpack(">II", data[16:24]))


def _jpeg_size(data: bytes) -> ImageSize:
    if not data.startswith(JPEG_SIGNATURE):
        raise _refused("the picture is neither a PNG nor a JPEG")
    at = 2
    while data[at + 1] not in START_OF_FRAME:
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    height, width = struct.unpack(">HH", data[at + 5 : at + 9])
    return ImageSize(width, height)


def _refused(reason: str) -> ApiError:
    message = f"Invalid image: {reason}."
    return ApiError("invalid_value", message, param="item.content.image_url")
