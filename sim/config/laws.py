"""How a law is written in the experiment file, and the `models.laws` value it stands for.

A law is a table with a key ``law``, or a bare quantity, which is a constant. The same forms
serve times and sizes; a size is read as a law of bytes.
"""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Strict, create_model
from typing_extensions import TypeAliasType

from models import laws
from models.laws import Law
from sim.config.quantities import Bytes, PositiveBytes, PositiveSeconds, Seconds
from sim.config.samples import Files, SampleError
from sim.config.tables import Reads, Table, key, refusal

Q = TypeVar("Q", bound=float)
P = TypeVar("P", bound=float)


class LawTable(Table, Generic[Q, P]):
    """A law of quantities `Q` (at least 0) with parameters `P` (above 0)."""


class ConstantLaw(LawTable[Q, P]):
    """Always the same."""

    law: Literal["constant"]
    value: Q = key()

    def build(self, _files: Files) -> Law:
        """Return the law's value."""
        return laws.Constant(self.value)


class ExponentialLaw(LawTable[Q, P]):
    """Memoryless."""

    law: Literal["exponential"]
    mean: P = key()

    def build(self, _files: Files) -> Law:
        """Return the law's value."""
        return laws.Exponential(self.mean)


class UniformLaw(LawTable[Q, P]):
    """Any value between two ends, all alike."""

    law: Literal["uniform"]
    low: Q = key()
    high: Q = key()

    def build(self, _files: Files) -> Law:
        """Return the law's value; refuse ends in the wrong order."""
        if self.high < self.low:
            raise refusal("must be >= low", key="high", beside="low")
        return laws.Uniform(low_s=self.low, high_s=self.high)


class LognormalLaw(LawTable[Q, P]):
    """Right-skewed, as latencies are."""

    law: Literal["lognormal"]
    median: P = key()
    p99: P = key(doc="99 % quantile, at least the median.")

    def build(self, _files: Files) -> Law:
        """Return the law's value; refuse a 99 % quantile below the median."""
        if self.p99 < self.median:
            raise refusal("must be >= median", key="p99", beside="median")
        return laws.Lognormal(median_s=self.median, p99_s=self.p99)


class GammaLaw(LawTable[Q, P]):
    """Given by its mean and how much it varies."""

    law: Literal["gamma"]
    mean: P = key()
    cv: float = key(doc="Coefficient of variation: standard deviation / mean.", gt=0)

    def build(self, _files: Files) -> Law:
        """Return the law's value."""
        return laws.Gamma(mean_s=self.mean, cv=self.cv)


class WeibullLaw(LawTable[Q, P]):
    """Fails early (shape below 1) or wears out (above 1)."""

    law: Literal["weibull"]
    scale: P = key()
    shape: float = key(gt=0)

    def build(self, _files: Files) -> Law:
        """Return the law's value."""
        return laws.Weibull(scale_s=self.scale, shape=self.shape)


class EmpiricalLaw(LawTable[Q, P]):
    """A measured sample, drawn from with replacement."""

    law: Literal["empirical"]
    file: str | None = key(None, "One number per line, relative to the experiment file.")
    values: Annotated[tuple[Q, ...], Strict(False)] | None = key(None, name="list")

    def build(self, files: Files) -> Law:
        """Return the law's value; refuse a file that cannot be used."""
        return laws.Empirical(sample(self.file, self.values, files))


def sample(file: str | None, values: tuple[float, ...] | None, files: Files) -> tuple[float, ...]:
    """Return the numbers written as a list, or read from a file; refuse both, and neither."""
    if (file is None) == (values is None):
        raise refusal("must have exactly one of file and list")
    if values is None:
        try:
            return files.seconds(str(file))
        except SampleError as error:
            raise refusal(str(error), key="file", got=False) from None
    if not values:
        raise refusal("must hold at least one value", key="list")
    return values


def _of(noun: str, quantity: Any, positive: Any) -> tuple[type[Table], ...]:
    """Return all forms of law, of this quantity."""
    forms: Any = (ConstantLaw, ExponentialLaw, UniformLaw, LognormalLaw, GammaLaw, WeibullLaw)
    return tuple(
        create_model(
            f"{form.__name__}Of{noun}", __base__=form[quantity, positive], __doc__=form.__doc__
        )
        for form in (*forms, EmpiricalLaw)
    )


_TIMES = _of("Time", Seconds, PositiveSeconds)
_SIZES = _of("Size", Bytes, PositiveBytes)

TimeLaw = TypeAliasType("TimeLaw", Annotated[Law, Reads(_TIMES, Seconds, laws.Constant)])
SizeLaw = TypeAliasType("SizeLaw", Annotated[Law, Reads(_SIZES, Bytes, laws.Constant)])
"""A law of bytes: what `models.laws` calls seconds are bytes here."""
UpTime = TypeAliasType("UpTime", Annotated[Law, Reads(_TIMES, PositiveSeconds, laws.Exponential)])
"""How long something works before it fails; a bare duration is the mean of an exponential law."""


def written_law(law: Law) -> dict[str, object]:
    """Return *law* as a table of the file, in base units."""
    match law:
        case laws.Constant(value_s):
            return {"law": "constant", "value": value_s}
        case laws.Exponential(mean_s):
            return {"law": "exponential", "mean": mean_s}
        case laws.Uniform():
            return {"law": "uniform", "low": law.low_s, "high": law.high_s}
        case laws.Lognormal():
            return {"law": "lognormal", "median": law.median_s, "p99": law.p99_s}
        case laws.Gamma():
            return {"law": "gamma", "mean": law.mean_s, "cv": law.cv}
        case laws.Weibull():
            return {"law": "weibull", "scale": law.scale_s, "shape": law.shape}
        case laws.Empirical(values_s):
            return {"law": "empirical", "list": list(values_s)}
    raise TypeError(f"law must be one of models.laws, got {law!r}")
