"""The gates G0-G7 as a table with a number and a verdict each: docs/gates.md.

    python benchmarks/gates.py [--model composer] [--stage-a composer-a]

Reads ``quality.json`` (quality.py) and ``ablations.json`` (quality_ablations.py); measures nothing itself. What neither
of them knows is "not measured". A gate that fails stands there with its number.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import HERE
from quality_tables import STAGE_A, cell, find, value

from musegen.checkpoint import write_text
from musegen.places import COMPOSER

OUT = HERE.parent / "docs" / "gates.md"
OPPONENTS = ("repeat-or-step", "markov", "seq2seq", "vae", "wgan-gp", "classic-gan")
ABLATIONS = ("no adversary", "no R2", "no z", "no pairing", "soft", "straight-through")
LIKELIEST = ("seq2seq-likely", "seq2seq")
"""The sequence model with the weights of least validation loss, or, where those were not measured, as it ships."""
UNKNOWN = "not measured"
WINDOWS = ("likelihood", "windows", "chorale", "note-wise")


@dataclass(frozen=True)
class Gate:
    """One row: what is asked, what was found, and whether it passes (None: not measured)."""

    name: str
    asked: str
    found: str
    passed: bool | None

    def row(self, passes: str = "passes") -> str:
        """As a line of a Markdown table."""
        verdict = {True: passes, False: "**fails**", None: UNKNOWN}[self.passed]
        return f"| {self.name} | {self.asked} | {self.found or '–'} | {verdict} |"


def opponents(models: dict[str, Any]) -> Gate:
    """G0."""
    there = [n for n in OPPONENTS if find(models, n, "chorales", "auc", "made")]
    missing = ", ".join(n for n in OPPONENTS if n not in there)
    found = f"{len(there)} of {len(OPPONENTS)}" + (f"; missing: {missing}" if missing else "")
    return Gate("G0", "the opponents exist in the same code, measured by the same script", found, not missing)


def likelihood(models: dict[str, Any], model: str) -> list[Gate]:
    """G1; far below = at most two thirds."""
    likely = next((n for n in LIKELIEST if find(models, n, *WINDOWS)), "seq2seq")
    ours, step, seq = (value(models, n, *WINDOWS) for n in (model, "repeat-or-step", likely))
    texts = {n: cell(find(models, n, *WINDOWS)) for n in (model, "repeat-or-step", likely)}
    first = Gate(
        "G1", "note-wise nats, 8-bar windows: at most two thirds of repeat or step's",
        f"{texts[model]}, repeat or step {texts['repeat-or-step']}", ours <= 2 / 3 * step if ours and step else None,
    )  # fmt: skip
    second = Gate(
        "G1", "and at most 10 % above our own seq2seq's", f"{texts[model]}, {likely} {texts[likely]}",
        ours <= 1.1 * seq if ours and seq else None,
    )  # fmt: skip
    return [first, second]


def equal_diversity(rows: dict[str, Any]) -> Gate:
    """G2: stage B's AUC less that of stage A, read off A's sweep where its diversity is B's."""
    asked = "stage B is harder to tell from real music than stage A at equal diversity (temperatures 0.6-1.2)"
    points = {
        stage: sorted((r["difference"]["value"], r["auc"]["value"]) for r in rows.values() if r["series"] == stage)
        for stage in ("A", "B")
    }
    if len(points["A"]) < 2 or not points["B"]:
        return Gate("G2", asked, "", None)
    (low, _), (high, _) = points["A"][0], points["A"][-1]
    inside = [(d, auc) for d, auc in points["B"] if low <= d <= high]
    if not inside:
        return Gate("G2", asked, "the sweeps have no diversity in common", None)
    gains = [auc - float(np.interp(d, *zip(*points["A"], strict=True))) for d, auc in inside]
    found = (
        f"AUC B − A {np.mean(gains):+.3f}, mean of {len(gains)} temperatures ({min(gains):+.3f} to {max(gains):+.3f})"
    )
    return Gate("G2", asked, found, float(np.mean(gains)) < 0)


def re_masking(rows: dict[str, Any]) -> Gate:
    """G3: the upper end of the seeds' interval of AUC(critic) - AUC(other) must lie below 0, for both others."""
    asked = "critic re-masking beats confidence and random re-masking at equal passes, AUC over 5 seeds"
    seeds = {r["series"]: np.array(r["auc"]["seeds"]) for r in rows.values()}
    if not {"critic", "confidence", "random"} <= set(seeds):
        return Gate("G3", asked, "", None)
    means = ", ".join(f"{name} {seeds[name].mean():.3f}" for name in ("critic", "confidence", "random"))
    passed = True
    for other in ("confidence", "random"):
        n = min(len(seeds["critic"]), len(seeds[other]))
        gaps = seeds["critic"][:n] - seeds[other][:n]
        half = 2.776 * gaps.std(ddof=1) / n**0.5 if n > 1 else np.inf  # Student's t, 5 seeds
        means += f"; critic − {other} {gaps.mean():+.3f} ± {half:.3f}"
        passed &= bool(gaps.mean() + half < 0)
    return Gate("G3", asked, means, passed)


def conditions(models: dict[str, Any], model: str, stage_a: str) -> list[Gate]:
    """G4."""
    share = find(models, model, "harmonised", "all", "melody", "share")
    ours, before = (find(models, n, "diversity", "difference") for n in (model, stage_a))
    melody = Gate(
        "G4", "other melodies lower chord agreement by at least 80 % of the real gap", f"{cell(share)} %",
        share["value"] >= 80 if share else None,
    )  # fmt: skip
    z = Gate(
        "G4", "16 completions differ in at least 0.9 times as many cells as stage A's",
        f"{cell(ours)}, stage A {cell(before)}",
        ours["value"] >= 0.9 * before["value"] if ours and before else None,
    )  # fmt: skip
    return [melody, z]


def copying_and_parallels(models: dict[str, Any], model: str) -> list[Gate]:
    """G5 and G6, of new chorales and of harmonisations."""
    gates = []
    for title, path in (("new chorales", ("chorales",)), ("harmonised", ("harmonised", "all"))):
        rows = (*path, "measures")
        ours, real = (find(models, n, *rows, "copied_16") for n in (model, "real"))
        gates.append(Gate(
            "G5", f"verbatim 16-step windows, {title}: no more than real music has, %",
            f"{cell(ours)}, real {cell(real)}", ours["value"] <= real["value"] if ours and real else None,
        ))  # fmt: skip
    for title, path in (("new chorales", ("chorales",)), ("harmonised", ("harmonised", "all"))):
        ours, real = (find(models, n, *path, "measures", "parallels") for n in (model, "real"))
        goal = "" if not ours else ", goal reached" if ours["value"] <= 0.6 else ", goal missed"
        gates.append(Gate(
            "G6", f"parallel fifths + octaves in 100 chord changes, {title}: ≤ 1.1, goal .6",
            f"{cell(ours)}{goal}, real {cell(real)}", ours["value"] <= 1.1 if ours else None,
        ))  # fmt: skip
    return gates


def ablations(rows: dict[str, Any]) -> list[Gate]:
    """G7: one row each; passes where the ablation is measured."""
    found = {name.removeprefix("G7 "): row for name, row in rows.items()}
    names = (*ABLATIONS, *(name for name in found if name not in ABLATIONS))
    return [
        Gate("G7", name, f"AUC {cell(r['auc'])}, parallels {cell(r['parallels'])}, difference {cell(r['difference'])}"
             if (r := found.get(name)) else "", True if name in found else None)
        for name in names
    ]  # fmt: skip


def table(results: dict[str, Any], rows: dict[str, Any], model: str, stage_a: str, ships: str = "") -> str:
    """All of docs/gates.md; the gates that make sense for it also of what ``ships``, where that is another model."""
    models = results["models"]
    by_gate = {gate: {k: r for k, r in rows.items() if r["gate"] == gate} for gate in ("G2", "G3", "G7")}
    gates = [opponents(models), *likelihood(models, model), equal_diversity(by_gate["G2"]), re_masking(by_gate["G3"])]
    gates += conditions(models, model, stage_a) + copying_and_parallels(models, model)
    head = [
        "# Gates\n",
        f"Of “{model}”; written by `benchmarks/gates.py` from `benchmarks/quality.json` and "
        "`benchmarks/ablations.json`. In square brackets: 95 % intervals. Nothing was tuned on the test split; the "
        "sweeps and ablations (G2, G3, G7) are measured on validation pieces.\n",
        "| gate | what is asked | found | verdict |",
        "|---|---|---|---|",
    ]
    tail = ["\n## G7: ablations, validation pieces harmonised\n", "| gate | without | found | |", "|---|---|---|---|"]
    told = [gate.row("measured") for gate in ablations(by_gate["G7"])]
    other = []
    if ships and ships != model:
        same = [*conditions(models, ships, stage_a), *copying_and_parallels(models, ships)]
        other = [f"\n## What composes in the app: “{ships}”\n", *head[2:], *(gate.row() for gate in same)]
    return "\n".join([*head, *(gate.row() for gate in gates), *other, *tail, *told]) + "\n"


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="composer")
    parser.add_argument("--stage-a", default=STAGE_A)
    parser.add_argument("--quality", type=Path, default=HERE / "quality.json")
    parser.add_argument("--ablations", type=Path, default=HERE / "ablations.json")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    results = json.loads(arguments.quality.read_text("utf-8")) if arguments.quality.exists() else {}
    results = results if "models" in results else {"models": {}}
    rows = json.loads(arguments.ablations.read_text("utf-8")) if arguments.ablations.exists() else {}
    text = table(results, rows, arguments.model, arguments.stage_a, COMPOSER)
    write_text(arguments.out, text)
    print(text)


if __name__ == "__main__":
    main()
