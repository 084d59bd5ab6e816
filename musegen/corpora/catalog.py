"""Which music there is: name, licence, culture, terms, and where it is found (``catalog.toml``)."""

from __future__ import annotations

import importlib.util
import os
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

from musegen.errors import CorpusError
from musegen.places import ROOT

Terms = Literal["ship", "own-machine", "evaluation"]


@dataclass(frozen=True)
class CorpusInfo:
    """What is known of a set before it is read.

    Attributes:
        name: The name that ``load_corpus`` takes.
        title: Name in words.
        licence: Licence.
        credit: Whom to name, and where it comes from.
        style: Style id that its pieces are trained under.
        terms: "ship" (weights trained on it may be given away, under its licence), "own-machine" (train and play on
            your own machine only), "evaluation" (never trained on).
        cultures: Whose music it is.
        folder: Folder below the data folder, or below music21's corpus if ``music21`` is set.
        music21: The files come with the music21 package.
        members: Names of the sets that a combination is made of.
        pieces: How many of its pieces can be used, None where that is not known beforehand.
    """

    name: str
    title: str
    licence: str
    credit: str
    style: str
    terms: Terms
    cultures: tuple[str, ...] = ()
    folder: str = ""
    music21: bool = False
    members: tuple[str, ...] = ()
    pieces: int | None = None

    @property
    def place(self) -> Path:
        """The folder where the files should be."""
        return (music21_corpus() if self.music21 else data_folder()) / self.folder

    @property
    def available(self) -> bool:
        """Whether the files are on this machine (of a combination: at least one member's)."""
        if self.members:
            return any(corpus_info(name).available for name in self.members)
        return self.place.is_dir()

    def path(self) -> Path:
        """The folder of the files.

        Raises:
            CorpusError: It is not there; the message says what to do.
        """
        if self.place.is_dir():
            return self.place
        if self.music21:
            raise CorpusError(
                "The set “{name}” is not on this machine: {place} is missing. Install the music21 package with its "
                "corpus.",
                name=self.name,
                place=self.place,
            )
        raise CorpusError(
            "The set “{name}” is not on this machine: {place} is missing. Set MUSEGEN_DATA_SETS to the folder that "
            "holds the data sets.",
            name=self.name,
            place=self.place,
        )


def data_folder() -> Path:
    """Folder of the data sets: ``MUSEGEN_DATA_SETS``, else ``../shared/data`` beside the checkout."""
    return Path(os.environ.get("MUSEGEN_DATA_SETS") or ROOT.parent / "shared" / "data")


def music21_corpus() -> Path:
    """Folder of the corpus inside the user's own music21, found without importing it."""
    found = importlib.util.find_spec("music21")
    places = list(found.submodule_search_locations or []) if found else []
    return Path(places[0]) / "corpus" if places else Path("music21") / "corpus"


@cache
def catalog() -> tuple[CorpusInfo, ...]:
    """All sets and combinations, available or not."""
    table = tomllib.loads(resources.files(__package__).joinpath("catalog.toml").read_text("utf-8"))
    lists = ("cultures", "members")
    return tuple(CorpusInfo(**{**entry, **{k: tuple(entry.get(k, ())) for k in lists}}) for entry in table["set"])


def corpus_info(name: str) -> CorpusInfo:
    """The entry of a name.

    Raises:
        CorpusError: There is no such set.
    """
    for info in catalog():
        if info.name == name:
            return info
    known = ", ".join(info.name for info in catalog())
    raise CorpusError("There is no set and no folder “{name}”. The sets are: {known}.", name=name, known=known)


def folder_info(folder: Path) -> CorpusInfo:
    """What is known of a folder of the user's own files: nothing but its name."""
    name = folder.resolve().name or "music"
    return CorpusInfo(name, f"The files in {folder}", "the user's own", "", "own", "own-machine")
