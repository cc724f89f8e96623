"""How a backoff is written in the experiment file, and the policy it stands for.

A backoff is a table with a key ``law``; a bare duration is a fixed pause. Every law but "none"
takes a jitter. Decorrelated jitter replaces the growth of the law it is given with by its own,
so it needs a first pause and a cap: law "linear" or "exponential", with a finite cap.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeAliasType

from models.policies import backoff, jitter
from models.policies.backoff import Backoff
from sim.config.quantities import PositiveSeconds, Seconds, SecondsOrNever
from sim.config.samples import Files
from sim.config.suggestions import did_you_mean, quoted
from sim.config.tables import Reads, Table, key, refusal

JITTERS = ("none", "full", "equal", "decorrelated")
_FACTORS: dict[str | float, tuple[float, float]] = {"full": (0.0, 1.0), "equal": (0.5, 1.0)}
_DIGITS = 15  # of a jitter: so many of them survive in 1 + jitter


@dataclass(frozen=True, slots=True)
class _IsJitter:
    """Marks a jitter: one of `JITTERS`, or a number in [0, 1]."""

    def read(self, written: object) -> str | float:
        if isinstance(written, str) and written in JITTERS:
            return written
        is_number = isinstance(written, int | float) and not isinstance(written, bool)
        if is_number and 0 <= written <= 1:  # type: ignore[operator]  # a number
            return round(float(written), _DIGITS)  # type: ignore[arg-type]  # a number
        raise refusal(
            f"must be {', '.join(map(quoted, JITTERS))} or a number in [0, 1]",
            suggestion=did_you_mean(str(written), JITTERS),
        )

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        number = {"type": "number", "minimum": 0, "maximum": 1}
        return {"anyOf": [{"enum": list(JITTERS)}, number]}


WrittenJitter: TypeAlias = Annotated[str | float, _IsJitter()]
_JITTER_DOC = "A number j is a factor drawn from U(1-j, 1+j)."


class BackoffTable(Table):
    """A backoff with jitter."""

    jitter: WrittenJitter = key("none", _JITTER_DOC)

    def plain(self) -> backoff.Fixed | backoff.Uniform | backoff.Linear | backoff.Exponential:
        """Return the pauses without jitter."""
        raise NotImplementedError

    def build(self, _files: Files) -> Backoff:
        """Return the policy; refuse a cap below the first pause, and a jitter that cannot be."""
        if self.jitter == "decorrelated":
            return self.decorrelated()
        plain = self.plain()
        if self.jitter in ("none", 0.0):
            return plain
        if isinstance(self.jitter, float):
            return jitter.factor_jitter(plain, self.jitter)
        low, high = _FACTORS[self.jitter]
        return jitter.Jittered(of=plain, low=low, high=high)

    def decorrelated(self) -> Backoff:
        """Return the policy with decorrelated jitter; refuse it where there is no cap."""
        raise refusal(
            'must be "none", "full", "equal" or a number in [0, 1] with this law',
            key="jitter",
            suggestion='"decorrelated" goes with law "linear" or "exponential"',
        )


class NoBackoff(Table):
    """Sends again at once."""

    law: Literal["none"]

    def build(self, _files: Files) -> Backoff:
        """Return the policy."""
        return backoff.Fixed(0.0)


class FixedBackoff(BackoffTable):
    """Always the same pause."""

    law: Literal["fixed"]
    pause: Seconds = key()

    def plain(self) -> backoff.Fixed:
        """Return the pauses without jitter."""
        return backoff.Fixed(self.pause)


class UniformBackoff(BackoffTable):
    """Any pause between two ends, all alike."""

    law: Literal["uniform"]
    low: Seconds = key()
    high: Seconds = key()

    def plain(self) -> backoff.Uniform:
        """Return the pauses without jitter; refuse ends in the wrong order."""
        if self.high < self.low:
            raise refusal("must be >= low", key="high", beside="low")
        return backoff.Uniform(low_s=self.low, high_s=self.high)


class GrowingBackoff(BackoffTable):
    """Pauses that grow from `first` to `cap`."""

    first: PositiveSeconds = key()
    cap: SecondsOrNever = key("inf", "No pause is longer, jitter included.")

    def checked_cap_s(self) -> float:
        """Return the cap; refuse one below the first pause."""
        if self.cap < self.first:
            raise refusal("must be >= first", key="cap", beside="first")
        return self.cap

    def decorrelated(self) -> Backoff:
        """Return the policy with decorrelated jitter; refuse it without a cap."""
        if math.isinf(self.cap):
            raise refusal("must be finite", key="cap", beside="jitter")
        return jitter.DecorrelatedJitter(first_s=self.first, cap_s=self.checked_cap_s())


class LinearBackoff(GrowingBackoff):
    """Pause `first` times 1, 2, 3, ..."""

    law: Literal["linear"]

    def plain(self) -> backoff.Linear:
        """Return the pauses without jitter."""
        return backoff.Linear(first_s=self.first, cap_s=self.checked_cap_s())


class ExponentialBackoff(GrowingBackoff):
    """Each pause is `factor` times the one before."""

    law: Literal["exponential"]
    factor: float = key(2.0, ge=1)

    def plain(self) -> backoff.Exponential:
        """Return the pauses without jitter."""
        cap_s = self.checked_cap_s()
        return backoff.Exponential(first_s=self.first, factor=self.factor, cap_s=cap_s)


FORMS = (NoBackoff, FixedBackoff, UniformBackoff, LinearBackoff, ExponentialBackoff)
BackoffPolicy = TypeAliasType(
    "BackoffPolicy", Annotated[Backoff, Reads(FORMS, Seconds, backoff.Fixed)]
)


def written_backoff(policy: Backoff) -> dict[str, Any]:
    """Return *policy* as a table of the file, in base units."""
    match policy:
        case jitter.Jittered():
            return written_backoff(policy.of) | {"jitter": _written_jitter(policy)}
        case backoff.Fixed(value_s):
            return {"law": "fixed", "pause": value_s}
        case backoff.Uniform():
            return {"law": "uniform", "low": policy.low_s, "high": policy.high_s}
        case backoff.Linear():
            return {"law": "linear", **_growth(policy)}
        case backoff.Exponential():
            return {"law": "exponential", "factor": policy.factor, **_growth(policy)}
        case jitter.DecorrelatedJitter():
            return {"law": "exponential", "jitter": "decorrelated", **_growth(policy)}
    raise TypeError(f"backoff must be one of models.policies.backoff, got {policy!r}")


def _growth(
    policy: backoff.Linear | backoff.Exponential | jitter.DecorrelatedJitter,
) -> dict[str, Any]:
    return {"first": policy.first_s, "cap": "inf" if math.isinf(policy.cap_s) else policy.cap_s}


def _written_jitter(policy: jitter.Jittered) -> str | float:
    for name, (low, high) in _FACTORS.items():
        if (policy.low, policy.high) == (low, high):
            return name
    return round(policy.high - 1.0, _DIGITS)
