"""Pictures sent as data URIs: their size, which stands in the first bytes of a PNG or a JPEG, and their main colour."""

import base64
import binascii
import colorsys
import io
import struct
from dataclasses import dataclass

from standins.openai.errors import ApiError

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8"
# Start-of-frame markers carry the size; C4, C8 and CC share their range but are tables.
START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

DARK, BRIGHT, PALE = 0.15, 0.85, 0.2
HUES = (  # where on the circle each colour ends, from red to red
    ("red", 0.04),
    ("orange", 0.11),
    ("yellow", 0.19),
    ("green", 0.45),
    ("turquoise", 0.53),
    ("blue", 0.72),
    ("purple", 0.92),
    ("red", 1.0),
)


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


def main_colour(data_uri: str) -> str | None:
    """The name of the colour that all of the picture mixes to; None when it cannot be decoded."""
    import av  # takes a while to load, and only a picture needs it

    data = base64.b64decode(data_uri.partition(",")[2])
    try:
        kind = "png_pipe" if data.startswith(PNG_SIGNATURE) else "mjpeg"
        with av.open(io.BytesIO(data), mode="r", format=kind) as file:
            frame = next(file.decode(video=0))
            red, green, blue = frame.to_ndarray(format="rgb24", width=1, height=1)[0][0]
    except (av.FFmpegError, StopIteration):
        return None
    return _colour_name(int(red) / 255, int(green) / 255, int(blue) / 255)


def _colour_name(red: float, green: float, blue: float) -> str:
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    if value < DARK:
        return "black"
    if saturation < PALE:
        return "white" if value > BRIGHT else "grey"
    return next(name for name, ends in HUES if hue <= ends)


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
