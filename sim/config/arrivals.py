"""How arrivals are written in the experiment file, and the `models.arrivals` value they stand for.

The rate is per producer instance. Bursty arrivals are Poisson at `rate` while on; `on` and
`off` are laws, so a bare duration is a phase of always the same length.
"""

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Strict
from typing_extensions import TypeAliasType

from models import arrivals
from models.arrivals import Arrivals
from sim.config.laws import TimeLaw, sample, written_law
from sim.config.quantities import PerSecond, Seconds
from sim.config.samples import Files
from sim.config.tables import Reads, Table, key, refusal


class PoissonArrivals(Table):
    """Gaps between messages are exponential."""

    law: Literal["poisson"]
    rate_per_s: PerSecond = key(name="rate")

    def build(self, _files: Files) -> Arrivals:
        """Return the arrivals' value."""
        return arrivals.Poisson(self.rate_per_s)


class RegularArrivals(Table):
    """One message every 1 / rate."""

    law: Literal["regular"]
    rate_per_s: PerSecond = key(name="rate")

    def build(self, _files: Files) -> Arrivals:
        """Return the arrivals' value."""
        return arrivals.Regular(self.rate_per_s)


class BurstyArrivals(Table):
    """Phases with load and phases without, in turn."""

    law: Literal["bursty"]
    on: TimeLaw = key(doc="How long a phase with load lasts; its mean is above 0.")
    off: TimeLaw = key(doc="How long a phase without load lasts.")
    rate_per_s: PerSecond = key(doc="While on.", name="rate")

    def build(self, _files: Files) -> Arrivals:
        """Return the arrivals' value; refuse phases with load that take no time."""
        if not self.on.mean_s > 0:
            raise refusal("must have a mean > 0 s", key="on")
        return arrivals.Bursty(on=self.on, off=self.off, peak_per_s=self.rate_per_s)


class TraceArrivals(Table):
    """Recorded creation times in seconds from the start, ascending."""

    law: Literal["trace"]
    file: str | None = key(None, "One time per line, relative to the experiment file.")
    times_s: Annotated[tuple[Seconds, ...], Strict(False)] | None = key(None, name="list")

    def build(self, files: Files) -> Arrivals:
        """Return the arrivals' value; refuse times that go back."""
        times_s = sample(self.file, self.times_s, files)
        for earlier_s, later_s in pairwise(times_s):
            if later_s < earlier_s:
                where = "list" if self.file is None else "file"
                predicate = f"must be ascending, got {later_s:g} after {earlier_s:g}"
                raise refusal(predicate, key=where, got=False)
        return arrivals.Trace(times_s)


FORMS = (PoissonArrivals, RegularArrivals, BurstyArrivals, TraceArrivals)
ArrivalProcess = TypeAliasType("ArrivalProcess", Annotated[Arrivals, Reads(FORMS)])


def written_arrivals(process: Arrivals) -> dict[str, Any]:
    """Return *process* as a table of the file, in base units."""
    match process:
        case arrivals.Poisson(rate_per_s):
            return {"law": "poisson", "rate": rate_per_s}
        case arrivals.Regular(rate_per_s):
            return {"law": "regular", "rate": rate_per_s}
        case arrivals.Bursty():
            phases = {"on": written_law(process.on), "off": written_law(process.off)}
            return {"law": "bursty", "rate": process.peak_per_s, **phases}
        case arrivals.Trace(recorded_s):
            return {"law": "trace", "list": list(recorded_s)}
    raise TypeError(f"arrivals must be one of models.arrivals, got {process!r}")
