"""What did a bill show on an earlier day? Its newest days are incomplete, per provider; months are restated later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Share of a day that is known 0, 1, 2 days after it: lowest and highest.
COMPLETE = {
    "aws": ((0.2, 0.6), (0.85, 1.0), (1.0, 1.0)),
    "azure": ((0.0, 0.4), (0.5, 0.9), (0.9, 1.0)),
    "gcp": ((0.3, 0.8), (0.97, 1.0), (1.0, 1.0)),
}


@dataclass(frozen=True, slots=True)
class Bills:
    """The final truth, and what is needed to show it as it was known earlier; all arrays series x day."""

    truth: NDArray[np.float64]
    providers: tuple[str, ...]
    restated: NDArray[np.float64]
    seed: int

    def known_on(self, day: int) -> NDArray[np.float64]:
        """Give the cost through `day` as the bill of that evening had it: series x (day + 1)."""
        known = self.truth[:, : day + 1].copy()
        rng = np.random.default_rng((self.seed, day))
        # Months are restated some days after their end; until then the later part of a bill is a little different.
        open_days = slice(max(day - 34, 0), day + 1)
        known[:, open_days] *= self.restated[:, open_days]
        for provider, shares in COMPLETE.items():
            rows = np.flatnonzero(np.array(self.providers) == provider)
            for lag, (low, high) in enumerate(shares):
                if lag <= day:
                    # One share for the provider, and every service a little ahead of it or behind.
                    share = rng.uniform(low, high)
                    own = np.clip(share + rng.normal(0, 0.08, rows.size) * (share < 1), 0.0, 1.0)
                    credits = np.where(known[rows, day - lag] < 0, 0.5, 1.0)
                    known[rows, day - lag] *= own * np.where(own < 1, credits, 1.0)
        return known
