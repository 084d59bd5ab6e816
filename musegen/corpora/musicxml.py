"""What a compressed MusicXML file says beyond its notes is read from its XML."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree


def xml_of(data: bytes) -> ElementTree.Element:
    """The root element of the score in a compressed MusicXML file (``.mxl``).

    Raises:
        ValueError: It is no such file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = next(n for n in archive.namelist() if n.endswith("xml") and not n.startswith("META-INF"))
            return ElementTree.fromstring(archive.read(name))
    except (zipfile.BadZipFile, StopIteration, ElementTree.ParseError) as error:
        raise ValueError("this is no compressed MusicXML file") from error
