"""What a trace says of a packet is true: which one arrived, and which one found nobody there."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings

from models.message import TWIN
from sim.system import System
from sim.trace import scene_of, trace
from tests.properties.experiments import experiments


class Listening(System):
    """A system that writes down who comes to the door: message, time, attempt, whether a double."""

    def _broker(self):
        broker = super()._broker()
        self.heard, arrive = [], broker.arrive

        def listen(packet):
            attempt, twin = packet.answer & ~TWIN, bool(packet.answer & TWIN)
            self.heard.append((packet.message.row, self.now_s, attempt, twin))
            arrive(packet)

        broker.arrive = listen
        return broker


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(experiment=experiments)
def test_what_is_told_of_a_packet_is_true(experiment):
    assume(experiment.broker.shape in ("queue", "log"))
    system = Listening(experiment, 0)
    system.run()
    for row in range(min(len(system.ledger.created), 12)):
        told = trace(system.ledger, row, scene_of(experiment), system.now_s)
        sent = [step for step in told.steps if step.fact is not None and step.fact.kind == "sent"]
        for step in told.steps:
            if step.origin is None or step.fact is None or not came(step):
                continue
            source = told.steps[step.origin]
            true = [one[2:] for one in system.heard if one[0] == row and one[1] == step.time_s]
            if source.fact.kind == "sent":
                assert (sent.index(source) + 1, False) in true, step.words
            elif "published again" not in source.words:
                assert source.time_s in [sent[attempt - 1].time_s for attempt, twin in true if twin]


def came(step):
    return step.fact.kind == "arrived" or "broker_down" in step.words
