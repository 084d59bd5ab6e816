"""``inspect`` and ``convert``: what is in a file, and the same music as another file."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from musegen.cli.console import progress, say, tell
from musegen.cli.files import FILMS, PICTURES, SCORES, format_of, read_bytes, read_tune, render, save_as
from musegen.errors import ScoreError
from musegen.formats import Imported, read_scores
from musegen.score import Score


def inspect(options: Namespace) -> int:
    """Reports on every file; 2 if one of them is refused, which doesn't keep the others from being read."""
    refused = 0
    for path in options.files:
        try:
            tunes = read_scores(read_bytes(path), path.name)
        except ScoreError as error:
            refused += 1
            say(f"{path}: {error}")
            if options.json:
                tell(json.dumps({"file": str(path), "error": str(error)}))
            continue
        if options.json:
            tell(json.dumps(_facts(path, tunes)))
        else:
            for line in _words(path, tunes):
                tell(line)
    return 2 if refused else 0


def _facts(path: Path, tunes: list[Imported]) -> dict[str, Any]:
    """The first tune's report and parts; "tunes" is how many there are, "others" are the reports of those after it."""
    first, *others = tunes
    facts = {"file": str(path), **first.report.to_dict(), "parts": _parts(first.score), "tunes": len(tunes)}
    return facts | ({"others": [tune.report.to_dict() for tune in others]} if others else {})


def _parts(score: Score) -> list[dict[str, Any]]:
    parts = []
    for number, track in enumerate(score.tracks):
        pitches = [note.pitch for note in score.track_notes(number)]
        part = {"number": number + 1, "name": track.name, "program": track.program, "drums": track.is_drum}
        span = {"lowest": min(pitches), "highest": max(pitches)} if pitches and not track.is_drum else {}
        parts.append(part | {"notes": len(pitches)} | span)
    return parts


def _words(path: Path, tunes: list[Imported]) -> list[str]:
    books = f", {len(tunes)} tunes" if len(tunes) > 1 else ""
    lines = [f"{path}: {tunes[0].report.format}{books}"]
    for number, tune in enumerate(tunes, start=1):
        summary, *remarks = tune.report.sentences()
        title = f"“{tune.report.title}”, " if tune.report.title else ""
        lines.append(f"  {f'{number}. ' if books else ''}{title}{summary}")
        lines += [f"    {remark}" for remark in remarks]
    return lines


def convert(options: Namespace) -> int:
    """Writes IN as OUT; pages of a picture after the first are numbered files beside it."""
    format = format_of(options.output)
    imported = read_tune(options.input, options.tune)
    for remark in imported.report.sentences()[1:]:
        say(f"{options.input.name}: {remark}")
    if format in SCORES:
        files = render(imported.score, format)
    else:
        label = "engraving" if format in (*PICTURES, "numbered") else "filming" if format in FILMS else "playing"
        with progress(label) as show:
            files = render(imported.score, format, lambda share: show(share, ""))
    out: Path = options.output
    paths = [out, *(out.with_stem(f"{out.stem}-{page}") for page in range(2, len(files) + 1))]
    for path, data in zip(paths, files, strict=True):
        save_as(path, data, force=options.force)
        tell(str(path))
    return 0
