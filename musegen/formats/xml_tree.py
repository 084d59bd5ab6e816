"""XML and .mxl bytes to an element tree, within limits: no entities, no bombs, no other files."""

from __future__ import annotations

import io
import zipfile
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from musegen.formats.limits import LIMITS
from musegen.formats.refusal import Refusal, file_size, refuse

_MIB = 2**20


def parse_xml(data: bytes) -> Element:
    """The root element of an XML document.

    A DOCTYPE is allowed (MusicXML files name theirs) but neither fetched nor allowed to define entities.

    Raises:
        ScoreError: Not well-formed (with the line), entities, or past a limit of depth or size.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > LIMITS.depth or count > LIMITS.elements:
            raise refuse("xml_size", depth=LIMITS.depth, elements=LIMITS.elements)
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def entity(name: str, *_: object) -> None:
        raise refuse("xml_entity", name=name[:40], line=parser.CurrentLineNumber)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
            raise MemoryError from error
        reason = expat.errors.messages.get(error.code, "not well-formed")
        raise refuse("xml_damaged", line=error.lineno, reason=reason) from None
    except (ValueError, LookupError) as error:  # an encoding that Python doesn't know
        raise refuse("xml_damaged", line=1, reason=str(error)) from None
    return builder.close()


def unpack_mxl(data: bytes) -> bytes:
    """The MusicXML inside a compressed .mxl: the file that ``META-INF/container.xml`` names, or the only one.

    Raises:
        ScoreError: Not a zip that can be read, no MusicXML inside, or past a limit on members, size or ratio.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
            _check_size(list(members.values()), len(data))
            name = _score_member(archive, members)
            return _read(archive, members[name])
    except Refusal:
        raise
    except Exception as error:  # zipfile raises a dozen kinds on damaged archives
        raise refuse("zip_damaged", reason=str(error) or type(error).__name__) from None


def _check_size(members: list[zipfile.ZipInfo], packed: int) -> None:
    total = sum(info.file_size for info in members)
    if len(members) > LIMITS.members:
        raise refuse("zip_members", count=len(members), limit=LIMITS.members)
    if total > LIMITS.unpacked_bytes or (total > _MIB and total > LIMITS.ratio * packed):
        raise refuse("zip_bomb", size=file_size(total), limit=file_size(LIMITS.unpacked_bytes), ratio=LIMITS.ratio)


def _score_member(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> str:
    container = members.get("META-INF/container.xml")
    if container:
        try:
            roots = [root.get("full-path", "") for root in parse_xml(_read(archive, container)).iter("rootfile")]
        except Refusal:  # some programs don't escape the quotes in a file's name; the ending tells as well
            roots = []
        for name in roots:
            if name in members:
                return name
    endings = (".musicxml", ".xml")
    names = [n for n in members if n.lower().endswith(endings) and not n.startswith(("META-INF/", "__MACOSX/"))]
    if names:
        return names[0]
    if not members:
        raise refuse("zip_empty")
    raise refuse("zip_other", inside=", ".join(sorted(members)[:3]))


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Unpacks one member; what a header lies about its size counts too."""
    with archive.open(info) as stream:
        content = stream.read(LIMITS.unpacked_bytes + 1)
    if len(content) > LIMITS.unpacked_bytes:
        limit = file_size(LIMITS.unpacked_bytes)
        raise refuse("zip_bomb", size=f"> {limit}", limit=limit, ratio=LIMITS.ratio)
    return content
