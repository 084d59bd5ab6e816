"""The studio's verbs, from ``generate`` to ``blend``, and ``remake``: their pieces as files."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegen.cli.console import progress, say, tell
from musegen.cli.files import SCORES, make_folder, read_tune, render, save_new
from musegen.errors import CheckpointError, ScoreError
from musegen.gallery import file_stem
from musegen.places import CHECKPOINTS, user_checkpoints
from musegen.score import Score

if TYPE_CHECKING:
    from musegen.checkpoint import Checkpoint
    from musegen.studio import Piece

Verb = Callable[..., "list[Piece]"]
_REMARKS = {
    "drums_left_out": ("1 drum part was left out", "{count} drum parts were left out"),
    "melody_part": ("the melody was taken from part {count}", "the melody was taken from part {count}"),
    "lower_left_out": ("1 note beneath the melody was left out", "{count} notes beneath the melody were left out"),
    "folded": ("the part was dealt out to single voices", "the {count} parts were dealt out to single voices"),
    "inner_left_out": ("1 inner note found no voice", "{count} inner notes found no voice"),
    "merged": ("1 note was merged with its neighbour", "{count} notes were merged with their neighbours"),
    "heard": (
        "1 note lies off the sixteenths: the composer heard it on the nearest one; it stays as it is",
        "{count} notes lie off the sixteenths: the composer heard them on the nearest one; they stay as they are",
    ),
    "by_chance": (
        "no critic is trusted with a melody alone: chance chose what was written anew",
        "no critic is trusted with a melody alone: chance chose what was written anew",
    ),
    "rounded": ("1 note was moved to the nearest sixteenth", "{count} notes were moved to the nearest sixteenth"),
}
"""What had to be done to a score, see ``musegen.lanes.Remark``: once, and several times."""


def generate(options: Namespace) -> int:
    """Whole new pieces."""
    from musegen import studio

    settings = {"bars": options.bars, "metre": options.metre, "key": options.key, "tempo": options.tempo}
    settings |= {"phrase_bars": options.phrases, "pickup": options.pickup}
    return _make(options, studio.generate, file_stem(options.style), None, settings)


def harmonise(options: Namespace) -> int:
    """Three voices added to a melody."""
    from musegen import studio

    return _work_on(options, studio.harmonise, "harmonised", {"voice": options.voice})


def continue_(options: Namespace) -> int:
    """More bars after the last one."""
    from musegen import studio

    return _work_on(options, studio.continue_, "continued", {"bars": options.bars})


def vary(options: Namespace) -> int:
    """Some of it written anew, here and there."""
    from musegen import studio

    return _work_on(options, studio.vary, "varied", {"amount": options.amount, **_choice(options)})


def refine(options: Namespace) -> int:
    """What the critic doubts most written anew."""
    from musegen import studio

    return _work_on(options, studio.refine, "refined", {"amount": options.amount, **_choice(options)})


def blend(options: Namespace) -> int:
    """One piece of two."""
    from musegen import studio

    other = read_tune(options.other).score
    settings = {"other": other, "share": options.share, "order": options.order, "phrase_bars": options.phrase_bars}
    return _work_on(options, studio.blend, f"{file_stem(options.other.stem)}-blended", settings)


def remake(options: Namespace) -> int:
    """A piece again from its recipe."""
    from musegen import studio

    recipe = read_tune(options.file).score.provenance.get("recipe")
    if not recipe:
        raise ScoreError(f"“{options.file}” holds no recipe, so it can't be made again.")
    told = studio.Recipe.from_json(recipe)
    given = [None if path is None else read_tune(path).score for path in (options.source, options.other)]
    checkpoint = find_checkpoint(options.checkpoint or told.model)
    make_folder(options.out)
    with progress("composing") as show:
        piece = studio.remake(checkpoint, told, *given, progress=lambda share: show(share, ""))
        (data,) = render(piece.score, options.format)
    stem = file_stem(options.file.stem)
    tell(str(save_new(options.out, stem, options.format, data)))
    return 0


def fill(options: Namespace) -> int:
    """Some bars of some voices written anew."""
    from musegen import studio

    return _work_on(options, studio.fill, "filled", _choice(options))


def _choice(options: Namespace) -> dict[str, Any]:
    """What may change, and what is locked."""
    locks = {"locked": options.lock, "locked_bars": options.lock_bars, "locked_voices": options.lock_voices}
    return {"bars": options.bars, "voices": options.voices, **locks}


def find_checkpoint(name: str) -> Checkpoint:
    """A checkpoint by the path of its folder, or by its name among the user's and those that ship.

    Raises:
        CheckpointError: There is none, or it is damaged.
    """
    from musegen.checkpoint import load_checkpoint

    places = (user_checkpoints(), CHECKPOINTS)
    for path in (Path(name), *(place / name for place in places)):
        if (path / "card.json").is_file():
            return load_checkpoint(path)
    if Path(name).is_dir():
        return load_checkpoint(Path(name))  # says what is wrong with the folder
    known = sorted({card.parent.name for place in places for card in place.glob("*/card.json")})
    remedy = f"There are: {', '.join(known)}; or name a folder." if known else "Name the folder of one."
    raise CheckpointError(f"There is no checkpoint “{name}”. {remedy}")


def _work_on(options: Namespace, verb: Verb, done: str, settings: dict[str, Any]) -> int:
    imported = read_tune(options.file, options.tune)
    for remark in imported.report.sentences()[1:]:
        say(f"{options.file.name}: {remark}")
    return _make(options, verb, f"{file_stem(options.file.stem)}-{done}", imported.score, settings)


def _make(options: Namespace, verb: Verb, name: str, score: Score | None, settings: dict[str, Any]) -> int:
    """Calls a verb and writes each of its pieces as ``name-seedS-I.ending``."""
    checkpoint = find_checkpoint(options.checkpoint)
    if checkpoint.card.get("notice"):
        say(checkpoint.card["notice"])
    ranges = dict(options.range)
    if len(ranges) < len(options.range):
        raise ScoreError("A voice was given two ranges. Give each voice one.")
    chords = dict(options.chord)
    if len(chords) < len(options.chord):
        raise ScoreError("A bar was given chords twice. Give each bar one, or several as in “3=F C/E”.")
    make_folder(options.out)
    asked = {"style": options.style, "n": options.count, "seed": options.seed, "temperature": options.temperature}
    care = {name: getattr(options, name) for name in ("drafts", "passes", "rounds", "doubt")}
    asked |= {name: value for name, value in care.items() if value is not None}
    asked |= {"other_style": options.other_style, "style_share": options.style_share, "chords": chords}
    asked |= {"key_respected": options.key_respected, "cadence": options.cadence, "critic": options.critic}
    given = () if score is None else (score,)
    sound = options.format not in SCORES
    with progress("composing") as show:
        composing = 0.5 if sound else 1.0
        pieces = verb(
            checkpoint, *given, **settings, **asked, ranges=ranges, progress=lambda share: show(composing * share, "")
        )
        for sentence in _sentences(pieces):
            say(sentence)
        paths = []
        for number, piece in enumerate(pieces):
            (data,) = render(piece.score, options.format)
            stem = f"{name}-seed{options.seed}-{piece.recipe.index + 1}"
            paths.append(save_new(options.out, stem, options.format, data))
            show(composing + (1 - composing) * (number + 1) / len(pieces), "")
    for path in paths:
        tell(str(path))
    return 0


def _sentences(pieces: list[Piece]) -> list[str]:
    """What had to be changed in the given score, in words."""
    remarks = dict(pieces[0].remarks)
    if "rounded" in remarks and "folded" not in remarks:  # given notes come back as they are unless they were folded
        remarks["heard"] = remarks.pop("rounded")
    return [_REMARKS[what][count != 1].format(count=count) for what, count in remarks.items()]
