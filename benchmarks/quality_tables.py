"""The tables of quality.md, the figures to reach, and what goes into a checkpoint's card."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import HERE

from musegen.checkpoint import write_text

Models = Mapping[str, Any]
STAGE_A = "composer-a"
"""Name under which the composer after stage A is measured: the measure of diversity."""
_FIRST = ("real", "js-fakes", "repeat-or-step", "markov", "classic-gan", "wgan-gp", "vae", "seq2seq")
_RULES = (
    "parallels", "parallel_fifths", "parallel_octaves", "crossing", "spacing", "bad_leaps", "tertian",
    "dissonant_beats", "out_of_range", "stepwise", "leaps", "repeated_notes", "rests", "notes_per_bar",
    "ends_on_tonic", "ends_in_tonic_chord", "repeated_bars", "repeated_rhythms", "copied_8", "copied_16", "copied_32",
    "longest_copy",
)  # fmt: skip
_TUNES = (
    "repeated_bars", "repeated_rhythms", "ends_on_tonic", "ends_in_tonic_chord", "stepwise", "leaps", "repeated_notes",
    "scale_consistency", "notes_per_bar", "pitch_range", "copied_16", "copied_32", "longest_copy",
)  # fmt: skip


def find(models: Models, name: str, *path: str) -> dict[str, Any] | None:
    """The row of a model at a path of names (part first), if it was measured."""
    here: Any = models.get(name, {}).get("parts", {})
    for step in path:
        here = here.get(step) if isinstance(here, dict) else None
    return here if isinstance(here, dict) and here.get("value") is not None else None


def value(models: Models, name: str, *path: str) -> float | None:
    """Its value."""
    row = find(models, name, *path)
    return row["value"] if row else None


def at_most(bound: Callable[[Models], float | None]) -> Callable[[Models, float], bool | None]:
    """Whether a figure is no greater than what the models say; None where that is not known."""
    return lambda models, x: None if (limit := bound(models)) is None else x <= limit


def at_least(bound: Callable[[Models], float | None]) -> Callable[[Models, float], bool | None]:
    """Likewise, no less."""
    return lambda models, x: None if (limit := bound(models)) is None else x >= limit


def between(low: float, high: float) -> Callable[[Models, float], bool | None]:
    """Whether a figure lies between two."""
    return lambda _, x: low <= x <= high


@dataclass(frozen=True)
class Target:
    """One figure to reach.

    Attributes:
        name: In words.
        path: Where its row is, see ``find``.
        reach: Whether it is reached.
        go: Whether the better figure is.
        reach_text: The figure to reach.
        go_text: The better one.
    """

    name: str
    path: tuple[str, ...]
    reach: Callable[[Models, float], bool | None]
    reach_text: str
    go: Callable[[Models, float], bool | None] | None = None
    go_text: str = ""

    def mark(self, models: Models, x: float) -> str:
        """✓✓ where the better figure is reached, ✓ where the other is, ✗ where neither is; "" where it isn't known."""
        if self.go and self.go(models, x):
            return " ✓✓"
        return {True: " ✓", False: " ✗", None: ""}[self.reach(models, x)]


def _auc(name: str, *path: str) -> Target:
    reach = at_most(lambda models: value(models, "js-fakes", *path))
    return Target(f"real or made, {name}: AUC", path, reach, "≤ JS Fakes", at_most(lambda _: 0.65), "≤ .65")


def _chorale_targets(name: str, *path: str) -> tuple[Target, ...]:
    rows = (*path, "measures")
    return (
        Target(f"parallel fifths + octaves in 100 chord changes, {name}", (*rows, "parallels"),
               at_most(lambda _: 1.1), "≤ 1.1", at_most(lambda _: 0.6), "≤ .6"),
        Target(f"tertian sonorities, % of 16ths, {name}", (*rows, "tertian"), between(84, 88), "84-88"),
        Target(f"verbatim 16-step windows, %, {name}", (*rows, "copied_16"), at_most(lambda _: 6.6), "≤ 6.6",
               at_most(lambda models: value(models, "real", *rows, "copied_16")), "≤ real"),
    )  # fmt: skip


def _nats(name: str, *path: str) -> Target:
    row = ("likelihood", *path, "note-wise")
    return Target(f"note-wise nats, {name}", row, at_most(lambda _: 0.42), "≤ .42", at_most(lambda _: 0.335), "≤ .335")


def _stage_a(models: Models) -> float | None:
    known = value(models, STAGE_A, "diversity", "difference")
    return None if known is None else 0.9 * known


TARGETS = (
    _auc("new chorales", "chorales", "auc", "made"),
    _auc("harmonised test sopranos", "harmonised", "all", "auc", "made"),
    _auc("the clean ones of them", "harmonised", "clean", "auc", "made"),
    *_chorale_targets("new chorales", "chorales"),
    *_chorale_targets("harmonised", "harmonised", "all"),
    _nats("whole pieces, the 77 of the standard grid", "pieces", "standard"),
    _nats("whole pieces, our encoding", "pieces", "Bach"),
    _nats("whole pieces, clean ones", "pieces", "clean"),
    _nats("8-bar windows of chorales", "windows", "chorale"),
    Target("chord agreement lost with other melodies, % of the real gap", ("harmonised", "all", "melody", "share"),
           at_least(lambda _: 80.0), "≥ 80"),
    Target("distinct ones of 16 completions, share", ("diversity", "distinct"), at_least(lambda _: 0.9), "≥ .9"),
    Target("difference of 16 completions, share of cells", ("diversity", "difference"),
           at_least(_stage_a), "≥ .9 × stage A"),
)  # fmt: skip


# --- Markdown -----------------------------------------------------------------------------------


def cell(row: Mapping[str, Any] | None, mark: str = "") -> str:
    """Value, interval and mark."""
    if not row or row["value"] is None:
        return "–"
    digits = 1 if abs(row["value"]) >= 20 else 2 if abs(row["value"]) >= 1 else 3
    text = f"{row['value']:.{digits}f}"
    if row["low"] is not None:
        text += f" [{row['low']:.{digits}f}, {row['high']:.{digits}f}]"
    return text + mark


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *(row for row in rows if any(c not in ("–", "") for c in row[1:]))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def tables(results: Mapping[str, Any]) -> str:
    """All of quality.md."""
    models = results["models"]
    names = [name for name in _FIRST if name in models]
    names += sorted(set(models) - set(names))
    about = results.get("about", {})
    machine = about.get("machine", {})
    parts = [
        "# Quality\n",
        "Made by `quality.py`; the protocol stands there and in the modules that it names. Values with 95 % intervals: "
        "of the mean of several seeds (Student's t) where music was made, of pieces (bootstrap) for real music and "
        "likelihood. ✓✓ go-for reached, ✓ reached, ✗ neither.",
        f"\n{about.get('measured', '')}, {machine.get('processor', '')}, {machine.get('cores', '')} cores, "
        f"commit {about.get('commit', '')}, {about.get('size', {}).get('seeds', '')} seeds.",
        "\n## Figures to reach\n",
        _targets(models, names),
        _speed(),
        "\n## New chorales\n",
        _section(models, names, ("chorales",), _RULES),
        "\n## Harmonised test sopranos\n",
        _section(models, names, ("harmonised", "all"), _RULES),
        "\n## Harmonised test sopranos, clean ones only\n",
        _section(models, names, ("harmonised", "clean"), _RULES),
        "\n## Likelihood, nats a cell\n",
        _likelihoods(models, names),
        *_folk(models, names),
        "\n## What gives it away\n",
        "The features of 4-bar windows in which made and real music differ most: mean, real mean, Cohen's d.",
        *_giveaways(models, names),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _targets(models: Models, names: list[str]) -> str:
    rows = []
    for target in TARGETS:
        cells = []
        for name in names:
            path = (*target.path[:-1], "real") if name == "real" and target.path[-1] == "made" else target.path
            row = find(models, name, *path)
            mark = target.mark(models, row["value"]) if row and name not in ("real", "js-fakes") else ""
            cells.append(cell(row, mark))
        rows.append([target.name, *cells, target.reach_text, target.go_text])
    return _table(["what", *names, "reach", "go for"], rows)


def _speed() -> str:
    path = HERE / "generation_speed.json"
    if not path.exists():
        return "\nTimes: not measured."
    found = json.loads(path.read_text("utf-8"))["results"]
    four, one = found["four_refined_8_bars_median_s"], found["one_pass_8_bars_median_s"]
    marks = ["✓✓" if x <= go else "✓" if x < reach else "✗" for x, reach, go in ((four, 1.0, 0.3), (one, 0.05, 0.01))]
    return (
        f"\nFour alternatives, 8 bars x 4 voices, refined, warm: {four:.3f} s {marks[0]} (reach < 1 s, go for < .3 s); "
        f"one pass: {1000 * one:.0f} ms {marks[1]} (reach < 50 ms, go for < 10 ms); see `generation_speed.json`."
    )


def _section(models: Models, names: list[str], path: tuple[str, ...], measures: tuple[str, ...]) -> str:
    rows = []
    for measure in measures:
        found = [find(models, name, *path, "measures", measure) for name in names]
        unit = next((row["unit"] for row in found if row), "")
        rows.append([f"{measure.replace('_', ' ')}, {unit}", *map(cell, found)])
    for title, kind in (("real or made, AUC", "auc"), ("  with repeated notes", "auc with repeated notes")):
        cells = [cell(find(models, n, *path, kind, "real" if n == "real" else "made")) for n in names]
        rows.append([title, *cells])
        if kind == "auc":
            swapped = cell(find(models, "real", *path, kind, "swapped"))
            rows.append(["  real with voices (bars) swapped, AUC", swapped, *[""] * (len(names) - 1)])
    for name in ("matched", "swapped", "gap", "share"):
        found = [find(models, n, *path, "melody", name) for n in names]
        unit = next((row["unit"] for row in found if row), "")
        rows.append([f"chord agreement, {name}, {unit}", *map(cell, found)])
    return _table(["measure", *names], rows)


def _likelihoods(models: Models, names: list[str]) -> str:
    rows = []
    kinds = (("pieces", "whole pieces"), ("told", "whole pieces, phrase ends and length told"), ("windows", "windows"))
    for kind, title in kinds:
        for which in ("Bach", "clean", "standard", "chorale", "folk"):
            for unit in ("note-wise", "token"):
                cells = [cell(find(models, name, "likelihood", kind, which, unit)) for name in names]
                rows.append([f"{title}: {which}, {unit}", *cells])
    return _table(["cells", *names], rows)


def _folk(models: Models, names: list[str]) -> Iterator[str]:
    known = {c for name in names for c in models[name]["parts"].get("folk", {}) if c not in ("key",)}
    for culture in sorted(c for c in known if find(models, "real", "folk", c, "measures", "stepwise")):
        able = [n for n in names if find(models, n, "folk", culture, "measures", "stepwise")]
        yield f"\n## Tunes: {culture}\n"
        yield _section(models, able, ("folk", culture), _TUNES)


def _giveaways(models: Models, names: list[str]) -> Iterator[str]:
    for name in names:
        parts = models[name]["parts"]
        for title, path in (("new chorales", ("chorales",)), ("harmonised", ("harmonised", "all"))):
            here = parts
            for step in path:
                here = here.get(step, {})
            if here.get("giveaways"):
                yield f"\n**{name}, {title}**\n"
                for g in here["giveaways"]:
                    yield f"- {g['feature']}: {g['made']:.3f}, {g['real']:.3f}, {g['effect']:+.2f}"


# --- cards --------------------------------------------------------------------------------------


def write_card(folder: Path, model: str, models: Models) -> None:
    """Puts the figures of a model into the card of its checkpoint.

    "test" has the model's own losses on the test side, by family and their mean, and its token nats on windows;
    "baselines" the token nats of the baselines on the same windows; "measures" all that was found of it.
    """
    card = json.loads((folder / "card.json").read_text("utf-8"))
    parts = models[model]["parts"]
    test = {k.removeprefix("test/"): v for k, v in parts.get("tasks", {}).items() if k.startswith("test/")}
    for name in sorted({k.split("/")[1] for k in test}):
        found = [v for k, v in test.items() if k.split("/")[1:] == [name]]
        test[name] = sum(found) / len(found)
    card["test"] = test | _token_nats(models, model)
    card["baselines"] = {
        title: nats
        for name, title in (("repeat-or-step", "repeat or step"), ("markov", "markov"), ("seq2seq", "seq2seq"))
        if name != model and (nats := _token_nats(models, name))
    }
    card["measures"] = {name: _short(part) for name, part in parts.items() if name != "tasks"}
    if "chorales" in card["measures"] and (real := models.get("real", {}).get("parts", {}).get("chorales")):
        card["measures"]["real"] = _short(real)
    write_text(folder / "card.json", json.dumps(card, ensure_ascii=False, indent=1) + "\n")


def _token_nats(models: Models, name: str) -> dict[str, float]:
    found = {f"{f}/token_nats": value(models, name, "likelihood", "windows", f, "token") for f in ("chorale", "folk")}
    return {measure: nats for measure, nats in found.items() if nats is not None}


def _short(part: Any) -> Any:
    """Without the seeds' own values and the bookkeeping."""
    if isinstance(part, dict):
        return {k: _short(v) for k, v in part.items() if k not in ("key", "seeds", "over_pieces", "seconds")}
    return part
