"""``load_corpus``: any set of the catalogue as pieces with a split, parsed once and kept as arrays."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from musegen.corpora import store, tunes
from musegen.corpora.catalog import CorpusInfo, corpus_info
from musegen.corpora.readers import Source, read_source
from musegen.corpora.sources import sources
from musegen.corpora.store import Parsed, Stored
from musegen.errors import CorpusError
from musegen.places import user_cache
from musegen.score import Score

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class CorpusPiece:
    """One piece of a corpus.

    Attributes:
        id: Unique name: set, slash, file (colon, number in a book).
        title: Title.
        composer: Composer, "" where not known.
        style: Style id for conditioning, as in "bach-chorale", "hymn", "folk".
        culture: Whose music it is, as in "german", "irish", "japanese".
        licence: Licence.
        sha256: Hash of the source file.
        split: "train", "valid", "test", or "" for a piece that shares a tune with another side and is left out.
        tune: Name of the tune's family; pieces of one family are one tune.
        clean: Of a valid or test piece: no piece of the training side shares its tune.
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
    stored: Stored = field(repr=False)

    @cached_property
    def score(self) -> Score:
        """The music; built when first asked for."""
        return self.stored.score()


@dataclass(frozen=True)
class CorpusReport:
    """What was used, and what was left out and why (reason -> ids)."""

    used: int
    splits: dict[str, int]
    left_out: dict[str, tuple[str, ...]]

    def sentences(self) -> list[str]:
        """The report in words."""
        parts = ", ".join(f"{count} {name}" for name, count in self.splits.items())
        lines = [f"{self.used} pieces were used ({parts})."]
        for reason, names in sorted(self.left_out.items(), key=lambda item: -len(item[1])):
            some = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            lines.append(f"{len(names)} left out: {reason} ({some}).")
        return lines


@dataclass(frozen=True, eq=False)
class Corpus:
    """A set of pieces and the report of how it was read."""

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
    """Read a set of the catalogue or a folder.

    Args:
        name_or_folder: A name from ``catalog()``.
        jobs: Worker processes; None = as many as there are processors, 1 = in this process.
        progress: Called with (files done, files in all, name of the file).
        cache: Keep the parsed arrays in ``places.user_cache()``, and use those that are there.

    Raises:
        CorpusError: There is no such set, or none of its pieces can be read.
    """
    info = corpus_info(str(name_or_folder))
    members = [corpus_info(name) for name in info.members] or [info]
    work = [(member, source) for member in members if member.available or member is info for source in sources(member)]
    parsed = _parse([source for _, source in work], jobs, progress, cache)
    drafts: list[tuple[CorpusInfo, str, dict[str, Any], Stored, str]] = []
    left_out: dict[str, list[str]] = {}
    for (member, _), result in zip(work, parsed, strict=True):
        for name, reason in result.left_out:
            left_out.setdefault(reason, []).append(name)
        for name, about, stored in result.pieces:
            drafts.append((member, name, about, stored, result.sha256))
    if not drafts:
        raise CorpusError(f"No piece of “{info.name}” could be read. {' '.join(_sentences(left_out))}")
    pieces = []
    for piece in _with_split(drafts):
        if piece.split:
            pieces.append(piece)
        else:
            left_out.setdefault("shares a tune with a held-out chorale", []).append(piece.id)
    counts = Counter(piece.split for piece in pieces)
    splits = {name: counts[name] for name in ("train", "valid", "test")}
    report = CorpusReport(len(pieces), splits, {reason: tuple(names) for reason, names in left_out.items()})
    return Corpus(info.name, info, tuple(pieces), report)


def _sentences(left_out: dict[str, list[str]]) -> list[str]:
    return [f"{len(names)}: {reason}." for reason, names in left_out.items()][:3]


# --- parsing ----------------------------------------------------------------------------------


def _parse(work: list[Source], jobs: int | None, progress: Progress | None, cache: bool) -> list[Parsed]:
    results: list[Parsed | None] = [None] * len(work)
    keys = [_key(source) for source in work]
    done = 0
    missing = []
    for index, source in enumerate(work):
        if source.reader == "unfit":
            results[index] = Parsed("", (), ((source.name, source.about["reason"]),))
        elif cache:
            results[index] = store.load(keys[index])
        if results[index] is None:
            missing.append(index)
        else:
            done += 1
    for index, result in _read_all(work, missing, jobs):
        results[index] = result
        if cache and result.sha256:
            store.save(keys[index], result)
        done += 1
        if progress:
            progress(done, len(work), work[index].name)
    if progress and not missing:
        progress(len(work), len(work), work[-1].name if work else "")
    return [result for result in results if result is not None]


def _read_all(work: list[Source], missing: list[int], jobs: int | None) -> Iterator[tuple[int, Parsed]]:
    workers = min(jobs or os.cpu_count() or 1, max(1, len(missing) // 4))
    if workers == 1:
        for index in missing:
            yield index, read_source(work[index])
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(read_source, work[index]): index for index in missing}
        for future in as_completed(futures):
            yield futures[future], future.result()


def _key(source: Source) -> Path:
    try:
        state = source.path.stat()
        content = (state.st_size, state.st_mtime_ns)
    except OSError:
        content = (0, 0)
    text = repr((store.VERSION, str(source.path), source.reader, source.name, sorted(source.about.items()), content))
    folder = source.name.split("/")[0]
    return user_cache() / "corpora" / folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.npz"


# --- the split --------------------------------------------------------------------------------


def _with_split(drafts: list[tuple[CorpusInfo, str, dict[str, Any], Stored, str]]) -> Iterator[CorpusPiece]:
    titles = [[tunes.title_key(t) for t in [about["title"], *about.get("titles", ())]] for _, _, about, _, _ in drafts]
    grams = [tunes.melody_ngrams(stored.notes) for *_, stored, _ in drafts]
    roots = tunes.families(titles, grams)
    fixed = [about.get("standard_split") for _, _, about, _, _ in drafts]
    held: dict[int, set[str]] = {}
    for root, split in zip(roots, fixed, strict=True):
        if split:
            held.setdefault(root, set()).add(split)
    names = {root: min(drafts[i][1] for i in range(len(drafts)) if roots[i] == root) for root in set(roots)}
    trained = [grams[i] for i, root in enumerate(roots) if fixed[i] == "train"]
    for index, (member, name, about, stored, sha256) in enumerate(drafts):
        sides = held.get(roots[index], set())
        if fixed[index]:
            split = str(fixed[index])
        elif fixed[index] == "" and sides & {"valid", "test"}:
            split = ""
        elif sides:
            split = "test" if "test" in sides else "valid" if "valid" in sides else "train"
        else:
            split = tunes.side(names[roots[index]])
        clean = split != "train" and not any(tunes.shared(grams[index], other) >= tunes.SHARE for other in trained)
        yield CorpusPiece(
            id=name,
            title=about["title"],
            composer=about.get("composer", ""),
            style=member.style,
            culture=about.get("culture", member.cultures[0]),
            licence=member.licence,
            sha256=sha256,
            split=split,
            tune=names[roots[index]],
            clean=clean,
            stored=stored,
        )
