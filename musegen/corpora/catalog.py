"""Which music there is: name, licence, culture, terms, and where it is found."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from musegen.errors import CorpusError
from musegen.places import ROOT

Terms = Literal["ship", "own-machine", "evaluation"]
_PUBLIC_MUSIC = "public-domain music, encoded with permission for music21"
_ESSEN = "non-commercial use (Essen, E. Dahlig-Turek; ABC by S. Shlien)"


@dataclass(frozen=True)
class CorpusInfo:
    """What is known of a set before it is read.

    Attributes:
        name: The name that ``load_corpus`` takes.
        title: Name in words.
        licence: Licence.
        credit: Whom to name, and where it comes from.
        cultures: Whose music it is.
        style: Style id that its pieces are trained under.
        terms: "ship" (weights trained on it may be given away), "own-machine" (train and play on your own machine
            only), "evaluation" (never trained on).
        folder: Folder below the data folder, or below music21's corpus if ``music21`` is set; "" for a combination.
        music21: The files come with the music21 package.
        members: Names of the sets that a combination is made of.
        pieces: About how many pieces, None where that depends on the user.
    """

    name: str
    title: str
    licence: str
    credit: str
    cultures: tuple[str, ...]
    style: str
    terms: Terms = "ship"
    folder: str = ""
    music21: bool = False
    members: tuple[str, ...] = ()
    pieces: int | None = None

    @property
    def available(self) -> bool:
        """Whether the files are on this machine (of a combination: at least one member's)."""
        if self.members:
            return any(corpus_info(name).available for name in self.members)
        return self._place().is_dir()

    def _place(self) -> Path:
        return (music21_corpus() if self.music21 else data_folder()) / self.folder

    def path(self) -> Path:
        """The folder of the files.

        Raises:
            CorpusError: It is not there; the message says how to get it.
        """
        place = self._place()
        if not place.is_dir():
            remedy = (
                "install the music21 package with its corpus"
                if self.music21
                else "set MUSEGEN_DATA_SETS to the folder that holds the data sets"
            )
            raise CorpusError(f"The set “{self.name}” is not on this machine ({place} is missing); {remedy}.")
        return place


def data_folder() -> Path:
    """Folder of the data sets: ``MUSEGEN_DATA_SETS``, else ``../shared/data`` beside the checkout."""
    return Path(os.environ.get("MUSEGEN_DATA_SETS") or ROOT.parent / "shared" / "data")


def music21_corpus() -> Path:
    """Folder of the corpus inside the user's own music21, found without importing it."""
    found = importlib.util.find_spec("music21")
    places = list(found.submodule_search_locations or []) if found else []
    return Path(places[0]) / "corpus" if places else Path("music21") / "corpus"


_SETS = (
    CorpusInfo(
        "bach-chorales",
        "Bach: four-part chorales",
        "CC0 1.0",
        "DCML, github.com/DCMLab/bach_chorales",
        ("german",),
        "bach-chorale",
        folder="bach_chorales_cc0",
        pieces=297,
    ),
    CorpusInfo(
        "open-hymnal",
        "Open Hymnal: hymns in four parts",
        "public domain",
        "Open Hymnal Project, openhymnal.org",
        ("hymnal",),
        "hymn",
        folder="open_hymnal",
        pieces=251,
    ),
    CorpusInfo(
        "mutopia-hymns",
        "Mutopia: hymns in four parts",
        "public domain",
        "Mutopia Project, mutopiaproject.org",
        ("hymnal",),
        "hymn",
        folder="mutopia_pd",
        pieces=95,
    ),
    CorpusInfo(
        "mutopia-japan",
        "Mutopia: koto and shamisen songs, Osaka 1895",
        "public domain",
        "Mutopia Project, mutopiaproject.org",
        ("japanese",),
        "folk",
        folder="mutopia_pd",
        pieces=38,
    ),
    CorpusInfo(
        "aird",
        "Aird: Scotch, English, Irish and foreign airs, 1778-1801",
        _PUBLIC_MUSIC,
        "Jack Campin, with music21",
        ("british",),
        "folk",
        folder="airdsAirs",
        music21=True,
        pieces=1180,
    ),
    CorpusInfo(
        "oneill",
        "O'Neill: Music of Ireland, 1903",
        _PUBLIC_MUSIC,
        "the O'Neill's transcribers, with music21",
        ("irish",),
        "folk",
        folder="oneills1850",
        music21=True,
        pieces=2009,
    ),
    CorpusInfo(
        "ryan",
        "Ryan's Mammoth Collection, 1883",
        _PUBLIC_MUSIC,
        "Ray Davies, with music21",
        ("american",),
        "folk",
        folder="ryansMammoth",
        music21=True,
        pieces=1059,
    ),
    CorpusInfo(
        "chorale",
        "Chorales and hymns in four parts",
        "CC0 1.0, public domain",
        "DCML; Open Hymnal; Mutopia",
        ("german", "hymnal"),
        "chorale",
        members=("bach-chorales", "open-hymnal", "mutopia-hymns"),
    ),
    CorpusInfo(
        "folk",
        "Folk melodies that may be given away",
        "public domain, CC0, CC BY 4.0, and with permission",
        "see the members",
        ("british", "irish", "american", "japanese"),
        "folk",
        members=("aird", "oneill", "ryan", "mutopia-japan"),
    ),
)


def catalog() -> tuple[CorpusInfo, ...]:
    """All sets and combinations, available or not."""
    return _SETS


def corpus_info(name: str) -> CorpusInfo:
    """The entry of a name.

    Raises:
        CorpusError: There is no such set.
    """
    for info in _SETS:
        if info.name == name:
            return info
    raise CorpusError(f"There is no set “{name}”; there are: {', '.join(i.name for i in _SETS)}, or name a folder.")
