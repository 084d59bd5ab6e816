"""JSON values as one short text of letters and digits, which an address, a file and a browser's storage can hold."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from musegen.errors import MusegenError

MOST_BYTES = 2**24
"""Bytes that a text may unpack to where nothing else is said; a desk as full as may be needs 10 million."""


class DeskError(MusegenError):
    """What was saved can't be read; the message says why and what to do."""


def pack(value: object) -> str:
    """JSON values as a short text that fits in an address."""
    data = zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def unpack(text: str, most: int = MOST_BYTES) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """The opposite of ``pack``. Raises DeskError where the text is damaged or unpacks to more than ``most`` bytes."""
    text = "".join(text.split())
    try:
        unpacker = zlib.decompressobj()
        padded = text + "=" * (-len(text) % 4)
        data = unpacker.decompress(base64.b64decode(padded, altchars=b"-_", validate=True), most)
        if not unpacker.eof:
            raise DeskError("This text is cut off, or too long.")
        return json.loads(data)
    except (ValueError, binascii.Error, zlib.error, RecursionError) as error:
        raise DeskError("This text is cut off or damaged.") from error
