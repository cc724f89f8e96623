"""How much is run and how it is judged: the tables ``[run]``, ``[check]`` and ``[plot]``."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, PlainValidator, PrivateAttr, WithJsonSchema, model_validator

from sim.config.estimate_names import ESTIMATES, SHARES
from sim.config.formula_names import FORMULAS
from sim.config.quantities import Level, PositiveCount, SecondsOrNever, Share
from sim.config.suggestions import did_you_mean
from sim.config.tables import Table, key, refusal
from sim.config.warmup import AUTO, USUAL_S, SecondsOrAuto, Source, Warmup


def _known_estimate(name: str) -> str:
    if name not in ESTIMATES:
        suggestion = did_you_mean(name, ESTIMATES) or f"estimates: {', '.join(ESTIMATES)}"
        raise refusal("must name an estimate", suggestion=suggestion)
    return name


def _counts_messages(name: str) -> str:
    if name not in SHARES:
        suggestion = did_you_mean(name, SHARES) or f"such estimates: {', '.join(SHARES)}"
        raise refusal("must name an estimate that counts messages", suggestion=suggestion)
    return name


def _formulas(written: object) -> str | tuple[str, ...]:
    if written == "auto":
        return "auto"
    if not isinstance(written, list | tuple):
        raise refusal('must be "auto" or a list of names of closed forms')
    for name in written:
        if name not in FORMULAS:
            suggestion = did_you_mean(str(name), FORMULAS) or f"closed forms: {', '.join(FORMULAS)}"
            raise refusal(f"must name closed forms, got {name!r}", suggestion=suggestion, got=False)
    return tuple(written)


Estimate: TypeAlias = Annotated[
    str,
    AfterValidator(_known_estimate),
    WithJsonSchema({"enum": list(ESTIMATES)}),
]
MessageEstimate: TypeAlias = Annotated[
    str,
    AfterValidator(_counts_messages),
    WithJsonSchema({"enum": list(SHARES)}),
]
Formulas: TypeAlias = Annotated[
    Literal["auto"] | tuple[str, ...],
    PlainValidator(_formulas),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "auto"},
                {"type": "array", "items": {"enum": list(FORMULAS)}},
            ]
        }
    ),
]


class Precision(Table):
    """Add replications until an interval is narrow enough."""

    estimate: Estimate = key("lost", "The estimate whose interval counts.")
    relative: float | None = key(None, "Half-width / value.", gt=0)
    absolute: float | None = key(None, "Half-width.", gt=0)
    max_replications: PositiveCount = key(10000, "Stop there, however wide it still is.")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.relative is None and self.absolute is None:
            raise refusal("must have one of relative and absolute, or both", got=False)
        return self


class Rare(Table):
    """Sample faults more often than they are, and weigh them back."""

    method: Literal["importance", "splitting"] = key(
        "importance", "Tilt luck and weigh back, or split runs that come close."
    )
    estimate: MessageEstimate = key("lost", "The estimate whose events are to be seen.")


class Run(Table):
    """Replications of one system: how many messages, how often, until when."""

    messages: PositiveCount = key(
        20000, "Measured messages per replication, all producers together."
    )
    warmup: SecondsOrAuto = key(
        AUTO,
        'Messages created before that are not measured; "auto": as long as short runs beforehand, '
        "and what is known of queues, tell that the system remembers how it began.",
    )
    replications: PositiveCount = key(10, "Independent runs of the whole system.")
    horizon_s: SecondsOrNever = key(
        "inf",
        'Hard stop, from time 0; "inf": none. What is undecided is then pending.',
        name="horizon",
    )
    confidence: Level = key(0.95, "Level of the intervals.")
    engine: Literal["auto", "simpy", "compiled"] = key("auto", "What runs the events.")
    precision: Precision | None = key(None, "Add replications until an interval is narrow enough.")
    rare: Rare | None = key(None, "Sample rare faults more often.")

    # What "auto" has come to stand for is no part of the file.
    _found: Warmup | None = PrivateAttr(None)

    @property
    def warmup_s(self) -> float:
        """The length of the warm-up, s."""
        return self.warmup_used.seconds

    @property
    def warmup_used(self) -> Warmup:
        """The warm-up, and where it comes from; before it is found, the usual one."""
        if not isinstance(self.warmup, str):
            return Warmup(seconds=self.warmup, source=Source.FILE)
        # A run that is cut off early needs some time that is measured.
        usual = Warmup(seconds=min(USUAL_S, self.horizon_s / 2.0), source=Source.USUAL)
        return self._found or usual

    @property
    def warmup_is_open(self) -> bool:
        """Whether the warm-up is still to be found."""
        return self.warmup == AUTO and self._found is None

    def warmed_up(self, found: Warmup) -> Self:
        """Return this run with the warm-up that was *found*; it must be an open one."""
        run = self.model_copy()
        run._found = found
        return run


class Check(Table):
    """Closed forms beside the estimates."""

    formulas: Formulas = key(
        "auto", 'Names of closed forms, or "auto": those whose assumptions are met.'
    )
    margin: Share = key(
        0.25,
        "An interval wider than this share of the prediction cannot tell: the check is undecided.",
    )


class Plot(Table):
    """Which estimates are drawn against each other."""

    x: Estimate = key("delivery_latency_p99", "The estimate along the horizontal axis.")
    y: Estimate = key("lost", "The estimate along the vertical axis.")
