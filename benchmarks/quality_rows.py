"""A row: one figure with its interval, as JSON values.

"value"; "low" and "high", a 95 % interval; "over", what it is of: the mean of several seeds (Student's t) or, where
there is one set only, the pieces (bootstrap); "n", the pieces; "seeds", the seeds' values; "unit".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from musegen.evaluation.intervals import Value

Row = dict[str, Any]
SEED = 2026
_T = {2: 12.71, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}  # 97.5 %, by number


def row_of(value: Value, unit: str = "") -> Row:
    """A value with an interval over pieces."""
    row = {"value": value.value, "low": value.low, "high": value.high, "over": "pieces", "n": value.n}
    return row | ({"unit": unit} if unit else {})


def over_seeds(values: Iterable[float | None], n: int, unit: str = "") -> Row:
    """The mean of the seeds' values and its interval."""
    known = np.array([v for v in values if v is not None], float)
    row: Row = {"value": float(known.mean()) if len(known) else None, "low": None, "high": None}
    if len(known) > 1:
        half = _T.get(len(known), 1.96) * float(known.std(ddof=1)) / len(known) ** 0.5
        row |= {"low": row["value"] - half, "high": row["value"] + half}
    return row | {"over": "seeds", "n": n, "seeds": known.tolist()} | ({"unit": unit} if unit else {})
