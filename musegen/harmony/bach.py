"""How often Bach does it: faults of each kind in his chorales, counted by ``benchmarks/harmony.py``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("bach.json")


@dataclass(frozen=True, slots=True)
class BachRate:
    """How often a fault is found in the chorales.

    Attributes:
        kind: One of ``fault.KINDS``.
        count: How often.
        per_100_chords: The same for every hundred chords.
        chorales: In how many chorales there is one.
        of: How many chorales were looked at.
    """

    kind: str
    count: int
    per_100_chords: float
    chorales: int
    of: int


@cache
def _table() -> Any:  # noqa: ANN401 - JSON
    return json.loads(TABLE.read_text("utf-8"))


def bach_rate(kind: str, level: str = "") -> BachRate:
    """How often a kind of fault, of one level or ("") of all, is found in Bach's chorales ("bach-chorales", DCML, CC0).

    Raises:
        KeyError: There is no such kind.
    """
    table = _table()
    count, chorales = table["faults"][kind].get(level or "all", (0, 0))
    return BachRate(kind, count, 100 * count / table["chords"], chorales, table["pieces"])
