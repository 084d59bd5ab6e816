"""``load_corpus``: any set of the catalogue, or a folder, as pieces with a split; parsed once and kept as arrays."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from musegen.corpora import fermatas, pool, store
from musegen.corpora.catalog import CorpusInfo, catalog, corpus_info, folder_info
from musegen.corpora.readers import Source
from musegen.corpora.sources import folder_sources, sources
from musegen.corpora.split import Draft, assign
from musegen.corpora.store import Parsed, Stored
from musegen.errors import CorpusError
from musegen.places import user_cache
from musegen.score import Score

_PART_SONGS = ("bach-chorale", "hymn")
_TUNES = (*_PART_SONGS, "folk")
Progress = Callable[[int, int, str], None]
"""Called with (files done, files in all, name of the last file)."""


@dataclass(frozen=True, eq=False)
class CorpusPiece:
    """One piece of a corpus.

    Attributes:
        id: Unique name: set, slash, file (colon, number in a book).
        title: Title.
        composer: Composer, "" where not known.
        style: Style id for conditioning, as in "bach-chorale", "hymn", "folk".
        culture: Whose music it is, as in "german", "irish", "japanese"; "" where not known.
        licence: Licence.
        sha256: Hash of the source file.
        split: "train", "valid" or "test".
        tune: Name of the family of tunes; pieces of one family are one tune.
        clean: Of a valid or test piece: no loaded training piece shares its tune.
        phrase_ends: Onset of the last melody note of each phrase, in ticks of the score; empty where nothing is known.
    """

    id: str
    title: str
    composer: str
    style: str
    culture: str
    licence: str
    sha256: str
    split: str
    tune: str
    clean: bool
    phrase_ends: tuple[int, ...]
    stored: Stored = field(repr=False)

    @cached_property
    def score(self) -> Score:
        """The music; built when first asked for."""
        return self.stored.score()


@dataclass(frozen=True)
class CorpusReport:
    """What was used, and what was left out and why.

    Attributes:
        used: How many pieces are in the corpus.
        splits: How many of them on each side.
        left_out: Ids of pieces or files by the reason why they were left out.
        missing: Sets of a combination that are not on this machine.
    """

    used: int
    splits: dict[str, int]
    left_out: dict[str, tuple[str, ...]]
    missing: tuple[str, ...] = ()

    def sentences(self) -> list[str]:
        """The report in words."""
        parts = ", ".join(f"{count} {name}" for name, count in self.splits.items())
        lines = [f"{self.used} pieces were used ({parts})."]
        if self.missing:
            lines.append(f"Not on this machine: {', '.join(self.missing)}.")
        for reason, names in sorted(self.left_out.items(), key=lambda item: (-len(item[1]), item[0])):
            some = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            lines.append(f"{len(names)} left out: {reason} ({some}).")
        return lines


@dataclass(frozen=True, eq=False)
class Corpus:
    """A set of pieces, what is known of it, and the report of how it was read."""

    name: str
    info: CorpusInfo
    pieces: tuple[CorpusPiece, ...]
    report: CorpusReport

    def split(self, name: str) -> tuple[CorpusPiece, ...]:
        """The pieces of "train", "valid" or "test"."""
        return tuple(piece for piece in self.pieces if piece.split == name)


def load_corpus(
    name_or_folder: str | Path,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
    cache: bool = True,
) -> Corpus:
    """Read a set of the catalogue, or all music in a folder.

    A folder may hold all formats that ``musegen.formats`` reads, in folders of folders, and ``.npy`` piano rolls
    (see ``roll.read_roll``). Files that can't be read are named in the report and left out. What was parsed is kept; a
    load that was killed goes on where it stopped.

    Args:
        name_or_folder: A name from ``catalog()``, or a folder.
        jobs: Worker processes; None = as many as there are processors, 1 = read in this process.
        progress: Called after each file that had to be parsed, and at the end.
        cache: Keep the parsed arrays in ``places.user_cache()``, and use those that are there.

    Raises:
        CorpusError: There is no such set or folder, or none of its pieces can be read.
    """
    found = find_pieces(name_or_folder, jobs=jobs, progress=progress, cache=cache)
    left_out = {reason: list(names) for reason, names in found.left_out.items()}
    pieces = []
    for draft, side, (info, sha256, about) in zip(found.drafts, assign(found.drafts), found.origins, strict=True):
        if not side.split:
            left_out.setdefault("its tune is held out", []).append(draft.id)
            continue
        piece = CorpusPiece(
            id=draft.id,
            title=str(about.get("title", "")),
            composer=str(about.get("composer", "")),
            style=info.style,
            culture=about.get("culture", info.cultures[0] if len(info.cultures) == 1 else ""),
            licence=info.licence,
            sha256=sha256,
            split=side.split,
            tune=side.tune,
            clean=side.clean,
            phrase_ends=tuple(about.get("phrase_ends", ())),
            stored=draft.stored,
        )
        pieces.append(piece)
    return Corpus(found.info.name, found.info, tuple(_borrowing(pieces)), _report(pieces, left_out, found.missing))


def _borrowing(pieces: list[CorpusPiece]) -> Iterable[CorpusPiece]:
    """The pieces; hymns whose phrase ends are not known take those of another setting of their tune."""
    known: dict[str, list[CorpusPiece]] = {}
    for piece in pieces:
        if piece.style in _PART_SONGS and piece.phrase_ends:
            known.setdefault(piece.tune, []).append(piece)
    for piece in pieces:
        others = known.get(piece.tune, ()) if piece.style in _PART_SONGS and not piece.phrase_ends else ()
        melodies = [[(n.pitch, n.onset in o.phrase_ends) for n in o.score.track_notes(0)] for o in others]
        found = (fermatas.carried_over(piece.score, melody, every=True) for melody in melodies)
        ends = next(filter(None, found), ())
        yield replace(piece, phrase_ends=ends) if ends else piece


@dataclass(frozen=True)
class Found:
    """What the files of a corpus gave, before any piece has its side.

    Attributes:
        info: What is known of the corpus.
        drafts: The pieces.
        origins: For each piece its set, the hash of its file, and what is known of it.
        left_out: Ids by the reason why they were left out.
        missing: Sets of a combination that are not on this machine.
    """

    info: CorpusInfo
    drafts: list[Draft]
    origins: list[tuple[CorpusInfo, str, dict[str, Any]]]
    left_out: dict[str, list[str]]
    missing: tuple[str, ...]


def find_pieces(
    name_or_folder: str | Path, *, jobs: int | None = None, progress: Progress | None = None, cache: bool = True
) -> Found:
    """The pieces of a set or folder, as ``load_corpus`` reads them, without a split.

    Raises:
        CorpusError: As ``load_corpus``.
    """
    info, work, missing = _work(name_or_folder)
    files = [source for _, source in work]
    if cache:
        parsed = _parse(files, user_cache() / "corpora", jobs, progress)
    else:
        with tempfile.TemporaryDirectory(prefix="musegen-") as folder:
            parsed = _parse(files, Path(folder), jobs, progress)
    found = Found(info, [], [], {}, missing)
    for (member, _), result in zip(work, parsed, strict=True):
        for name, reason in result.left_out:
            found.left_out.setdefault(reason, []).append(name)
        for name, about, stored in result.pieces:
            found.drafts.append(Draft(name, _titles(member, about), stored, about.get("side")))
            found.origins.append((member, result.sha256, about))
    if not found.drafts:
        if not found.left_out:
            raise CorpusError("There are no music files in “{name}”.", name=info.name)
        raise CorpusError(
            "No piece of “{name}” can be used; files that were left out: {count}. Open one of them in Create, or with "
            "“musegen inspect”: that says why.",
            count=sum(map(len, found.left_out.values())),
            name=info.name,
        )
    return found


def _work(name_or_folder: str | Path) -> tuple[CorpusInfo, list[tuple[CorpusInfo, Source]], tuple[str, ...]]:
    """What is known of the corpus, its files with the set that each belongs to, and the sets that are not here."""
    is_name = isinstance(name_or_folder, str) and any(info.name == name_or_folder for info in catalog())
    if not is_name and Path(name_or_folder).is_dir():
        info = folder_info(Path(name_or_folder))
        return info, [(info, source) for source in folder_sources(Path(name_or_folder))], ()
    info = corpus_info(str(name_or_folder))
    members = [corpus_info(name) for name in info.members]
    here = [member for member in members if member.available] or members[:1] or [info]
    missing = tuple(member.name for member in members if member not in here)
    return info, [(member, source) for member in here for source in sources(member)], missing


def _titles(info: CorpusInfo, about: dict[str, Any]) -> tuple[str, ...]:
    """The names that a tune goes by; none for other music, where a title ("Sonata", "Track 1") says little."""
    if info.style not in _TUNES or info.terms == "evaluation":
        return ()
    composer = f" {about['composer']}" if info.style == "folk" and about.get("composer") else ""  # songs of one title
    return (f"{about.get('title', '')}{composer}", *map(str, about.get("titles", ())))


def _report(pieces: Iterable[CorpusPiece], left_out: dict[str, list[str]], missing: tuple[str, ...]) -> CorpusReport:
    counts = Counter(piece.split for piece in pieces)
    splits = {name: counts[name] for name in ("train", "valid", "test")}
    return CorpusReport(counts.total(), splits, {reason: tuple(names) for reason, names in left_out.items()}, missing)


def _parse(files: list[Source], folder: Path, jobs: int | None, progress: Progress | None) -> list[Parsed]:
    results: dict[int, Parsed] = {}
    targets = [_target(folder, source) for source in files]
    for index, (source, target) in enumerate(zip(files, targets, strict=True)):
        reason = source.about.get("left_out")
        known = Parsed("", (), ((source.name, reason),)) if reason else store.load(target)
        if known:
            results[index] = known
    todo = [index for index in range(len(files)) if index not in results]
    for which, parsed in pool.read_all([(files[index], targets[index]) for index in todo], jobs):
        results[todo[which]] = parsed
        if progress:
            progress(len(results), len(files), files[todo[which]].name)
    if progress and files and not todo:
        progress(len(files), len(files), files[-1].name)
    for place in {target.parent for target in targets}:  # arrays of files that have changed or gone
        for stale in set(place.glob("*.npz")) - set(targets):
            stale.unlink(missing_ok=True)
    return [results[index] for index in range(len(files))]


def _target(folder: Path, source: Source) -> Path:
    """Where the arrays of a file lie: a change of the file, of what is known of it or of the readers gives another."""
    try:
        state = source.path.stat()
        content = (state.st_size, state.st_mtime_ns)
    except OSError:
        content = (0, 0)
    text = repr((store.VERSION, str(source.path), source.reader, source.name, sorted(source.about.items()), content))
    corpus = source.name.split("/")[0]
    if source.about.get("own"):  # folders of one name in different places
        corpus += "-" + hashlib.sha256(source.about["own"].encode()).hexdigest()[:8]
    return folder / corpus / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.npz"
