"""A race of attempts: several chances for one success, each started later than the one before.

Attempt *j* starts at s_j and succeeds with probability *hit*, a random time D_j later; all are
independent. The race is won by the first success that comes before its end. So, for one schedule
of starts, the probability that it is not won by t is the product over s_j <= t of

    1 - hit * P(D <= t - s_j),

and it is averaged over the schedules. A success at the very instant of a start or of the end
counts as come before it; where such ties have a positive probability (a constant D and a schedule
on the same grid) a simulator may order the two events the other way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.formulas.sums import Total
    from models.laws.law import FloatArray

_CHUNK = 1 << 21
_SCHEDULES_OF_QUANTILES = 1 << 14
_EVALUATIONS_OF_MEANS = 1 << 23
_ROUNDING = 8 * np.finfo(np.float64).eps
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Race:
    """Starts (s) of shape (schedules, attempts), inf where there is none; ends of (schedules,)."""

    starts_s: FloatArray
    ends_s: FloatArray
    hit: float
    time: Total

    def unwon(self, t_s: FloatArray) -> FloatArray:
        """Return the probability that no success has come by the times *t_s*, of shape (times,).

        After the end of the race it changes no more.
        """
        rows = max(1, _CHUNK // self.starts_s.size)
        parts = [self._unwon(t_s[i : i + rows]) for i in range(0, len(t_s), rows)]
        return np.concatenate([part.mean(axis=1) for part in parts]) if parts else np.array(t_s)

    def unwon_at_end(self) -> FloatArray:
        """Return the probability that the race is not won, of shape (schedules,)."""
        return np.asarray(self._unwon(np.array([np.inf]))[0])

    def started(self) -> FloatArray:
        """Return the probability that each attempt is made, of shape (attempts,)."""
        made = np.zeros(self.starts_s.shape[1])
        for j, start_s in enumerate(self.starts_s.T):
            going = np.isfinite(start_s)
            first = self._first_open(j)
            ages_s = _age(start_s[going, None], self.starts_s[going, first:j])
            missed = (1 - self.hit) ** first * np.prod(1 - self.hit * self.time.cdf(ages_s), axis=1)
            made[j] = missed.sum() / len(start_s)
        return made

    def mean_s(self) -> float:
        """Return the mean time of the first success (s), given that there is one; else nan.

        It takes the more schedules the simpler the law is: a jump in it needs them, a smooth law
        does not.
        """
        per_schedule = self.time.landmarks_s.size * _NODES.size * self.starts_s.shape[1]
        # A power of two, as the first so many points of a Sobol sequence are as even as all.
        schedules = 1 << max(10, (_EVALUATIONS_OF_MEANS // per_schedule).bit_length() - 1)
        unwon = self.unwon_at_end()[:schedules]
        won = 1 - unwon.mean()
        if won <= 0:
            return float("nan")
        rows = max(1, _CHUNK // (self.time.landmarks_s.size * _NODES.size))
        area_s = 0.0
        for i in range(0, len(unwon), rows):
            part = slice(i, min(i + rows, len(unwon)))
            for j in range(self.starts_s.shape[1]):
                area_s += self._area_s(j, part, unwon[part])
        return float(area_s / len(unwon) / won)

    def quantile_s(self, probability: FloatArray) -> FloatArray:
        """Return quantiles of the time of the first success (s), given that there is one.

        *probability*, of shape (quantiles,), lies in (0, 1).
        """
        few = replace(
            self,
            starts_s=self.starts_s[:_SCHEDULES_OF_QUANTILES],
            ends_s=self.ends_s[:_SCHEDULES_OF_QUANTILES],
        )
        won = 1 - few.unwon_at_end().mean()
        target = 1 - probability * won
        low_s = np.zeros(len(probability))
        high_s = np.full(len(probability), few.ends_s.max())
        for _ in range(60):
            middle_s = (low_s + high_s) / 2
            reached = few.unwon(middle_s) <= target * (1 + _ROUNDING)
            low_s, high_s = np.where(reached, low_s, middle_s), np.where(reached, middle_s, high_s)
        return np.where(won > 0, high_s, np.nan)

    def _unwon(self, t_s: FloatArray) -> FloatArray:
        """Return the probability of no success by each time, of shape (times, schedules)."""
        until_s = np.minimum(t_s[:, None], self.ends_s)
        ages_s = _age(until_s[:, :, None], self.starts_s)
        return np.asarray(np.prod(1 - self.hit * self.time.cdf(ages_s), axis=2))

    def _reach(self) -> int:
        """Return how many attempts, the latest included, may still be open."""
        made = np.isfinite(self.starts_s[:, 1:])
        gaps_s = self.starts_s[:, 1:][made] - self.starts_s[:, :-1][made]
        shortest_s = gaps_s.min(initial=np.inf)
        settled_within = int(self.time.landmarks_s[-1] / float(shortest_s))
        return min(int(self.starts_s.shape[1]), settled_within + 2)

    def _first_open(self, j: int) -> int:
        return max(0, j + 1 - self._reach())

    def _area_s(self, j: int, part: slice, unwon: FloatArray) -> float:
        """Integrate P(not won yet) - P(never won) from start *j* to the next, over schedules.

        Pieces are cut where a factor of the product bends, so that eight nodes suffice for each.
        """
        first = self._first_open(j)
        start_s = self.starts_s[part, j]
        going = np.isfinite(start_s)
        following_s = self.ends_s[part]
        if j + 1 < self.starts_s.shape[1]:
            following_s = np.minimum(following_s, self.starts_s[part, j + 1])
        if not going.any():
            return 0.0
        length_s = (following_s - start_s)[going]
        lead_s = start_s[going, None] - self.starts_s[part, first : j + 1][going]
        cuts_s = self._cuts_s(lead_s, length_s)
        width_s = np.diff(cuts_s, axis=1)[:, :, None]
        x_s = (cuts_s[:, :-1, None] + width_s * (_NODES + 1) / 2).reshape(len(cuts_s), -1)
        open_ = np.full(x_s.shape, (1.0 - self.hit) ** first)
        for lead in lead_s.T:
            open_ *= 1 - self.hit * self.time.cdf(lead[:, None] + x_s)
        weights_s = (width_s * _WEIGHTS / 2).reshape(x_s.shape)
        return float(((open_ - unwon[going, None]) * weights_s).sum())

    def _cuts_s(self, lead_s: FloatArray, length_s: FloatArray) -> FloatArray:
        """Return where to cut, ascending, counted from the latest start; some pieces are empty.

        The latest attempt is cut at all landmarks; far out, the others bend at corners only.
        """
        bends_s = (self.time.corners_s - lead_s[:, :-1, None]).reshape(len(lead_s), -1)
        marks_s = np.broadcast_to(self.time.landmarks_s, (len(lead_s), self.time.landmarks_s.size))
        ends_s = np.column_stack((np.zeros(len(lead_s)), length_s))
        cuts_s = np.sort(np.clip(np.hstack((bends_s, marks_s, ends_s)), 0.0, length_s[:, None]))
        used = (np.diff(cuts_s) > 0).any(axis=0)
        return cuts_s[:, np.append(used, True) | np.append(True, used)]


def _age(now_s: FloatArray, start_s: FloatArray) -> FloatArray:
    # A time on the grid of the schedule must not fall short of it by rounding.
    return np.asarray(now_s * (1 + _ROUNDING) - start_s)
