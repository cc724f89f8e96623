"""The tables ``[[faults]]``: what breaks, how, when, and for how long."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, Strict, model_validator

from sim.config.laws import TimeLaw, UpTime
from sim.config.quantities import Count, Seconds
from sim.config.suggestions import did_you_mean, either
from sim.config.tables import Table, key, refusal

KINDS: dict[str, tuple[str, ...]] = {
    "broker": ("process_crash", "power_loss", "disk_loss"),
    "disk": ("slow", "full"),
    "producer": ("crash",),
    "consumer": ("crash",),
    "publish": ("partition", "cut"),
    "deliver": ("partition", "cut"),
}
"""What can happen to each target."""
_ALSO = {("consumer", "process_crash"): "crash", ("producer", "process_crash"): "crash"}
_FACTOR = 10.0


class Fault(Table):
    """One thing that breaks and returns, again and again or at given times."""

    target: Literal["broker", "disk", "producer", "consumer", "publish", "deliver"] = key(
        doc="What breaks."
    )
    kind: str = key(doc="How it breaks.")
    every: UpTime | None = key(
        None, "Law of the time it works until it breaks; a bare duration is an exponential mean."
    )
    at_s: Annotated[tuple[Seconds, ...], Strict(False), Field(min_length=1)] | None = key(
        None, "When it breaks, from time 0.", name="at"
    )
    lasts: TimeLaw = key(
        "0 s", "Law of the time until it is back. Default for a consumer: its `restart`."
    )
    factor: float = key(_FACTOR, "How much slower a slow disk is.", ge=1)
    correlated: bool = key(
        False, "All that it can befall at once (replicas, consumers, ...); false: each by itself."
    )
    which: Count | None = key(
        None, "Only the one of this number, from 0, of all that it can befall. Default: each."
    )

    @model_validator(mode="before")
    @classmethod
    def _one_name_per_kind(cls, written: Any) -> Any:
        if isinstance(written, dict):
            target, kind = written.get("target"), written.get("kind")
            if isinstance(target, str) and isinstance(kind, str) and (target, kind) in _ALSO:
                return written | {"kind": _ALSO[target, kind]}
        return written

    @model_validator(mode="after")
    def _can_happen(self) -> Self:
        kinds = KINDS[self.target]
        if self.kind not in kinds:
            raise refusal(
                f"must be {either(kinds)}",
                key="kind",
                beside="target",
                suggestion=did_you_mean(self.kind, kinds),
            )
        if self.kind != "slow" and self.factor != _FACTOR:
            raise refusal('is for kind = "slow" only', key="factor", beside="kind")
        if (self.every is None) == (self.at_s is None):
            raise refusal("must have exactly one of every and at", got=False)
        if self.every is not None and not self.every.mean_s > 0:
            raise refusal("must have a mean > 0 s", key="every")
        if self.correlated and self.which is not None:
            raise refusal("must be left out", key="which", beside="correlated")
        return self

    @property
    def befalls(self) -> slice:
        """Which it befalls, of all that it can befall."""
        return slice(None) if self.which is None else slice(self.which, self.which + 1)
