"""The tables ``[network.publish]`` and ``[network.deliver]``: the two links of the system."""

from typing import Any

from pydantic import field_validator
from pydantic_core import core_schema

from models.laws import Constant
from models.network import BurstOptions
from sim.config.laws import TimeLaw
from sim.config.quantities import Bytes, BytesPerSecond, Probability, Seconds
from sim.config.tables import Table, key


class Bursts(Table):
    """Gilbert-Elliott loss: a good state and a bad one, left per packet."""

    bad_loss: Probability = key(doc="Loss in the bad state.")
    good_to_bad: Probability = key(doc="Per packet.")
    bad_to_good: Probability = key(doc="Per packet.")

    def build(self) -> BurstOptions:
        """Return these bursts as the models know them."""
        return BurstOptions(
            bad_loss=self.bad_loss, good_to_bad=self.good_to_bad, bad_to_good=self.bad_to_good
        )


class Link(Table):
    """Packets one way, acknowledgements the other."""

    delay: TimeLaw = key("0 s", "Law of the way of one packet.")
    ack_delay: TimeLaw = key(None, "Law of the way of one acknowledgement. Default: as delay.")
    loss: Probability = key(0.0, "A packet vanishes.")
    ack_loss: Probability = key(None, "An acknowledgement vanishes. Default: as loss.")
    duplication: Probability = key(0.0, "A packet arrives twice.")
    bursts: Bursts | None = key(None, "Loss in bursts; `loss` is then the good state's.")
    connection: bool = key(False, "TCP-like: in order, nothing vanishes silently.")
    detect: TimeLaw = key(
        "0 s",
        "Law of the time until both ends notice a cut; real ones take three heartbeats. A "
        "partition that lasts longer is taken for one. 0 s: a cut is noticed at once, a partition "
        "never, as by TCP alone.",
    )
    reconnect_s: Seconds = key(
        "1 s", "From when a cut is noticed until the peer is connected again.", name="reconnect"
    )
    bandwidth_bytes_per_s: BytesPerSecond = key(
        "inf", "Of each peer, each way: a packet takes its size / bandwidth.", name="bandwidth"
    )
    ack_size_bytes: Bytes = key("64 B", "Size of an acknowledgement.", name="ack_size")

    @field_validator("ack_delay", "ack_loss", mode="wrap")
    @classmethod
    def _as_the_packets(
        cls,
        written: object,
        handler: core_schema.ValidatorFunctionWrapHandler,
        info: core_schema.ValidationInfo,
    ) -> Any:
        if written is not None:
            return handler(written)
        # Where the packets' own value was refused, any will do: the file is refused.
        if info.field_name == "ack_delay":
            return info.data.get("delay", Constant(0.0))
        return info.data.get("loss", 0.0)

    def burst_options(self) -> BurstOptions | None:
        """Return the bursts as the models know them, if there are any."""
        return None if self.bursts is None else self.bursts.build()


class Network(Table):
    """The two links."""

    publish: Link = key({}, "Producer to broker, and back.")
    deliver: Link = key({}, "Broker to consumer, and back.")
