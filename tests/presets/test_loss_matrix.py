"""What each system can lose and can double, fault by fault: the presets against what is known.

A cell tries one fault at many moments of a small run, and tells all that was seen:

    L  a message was lost that its sender had been promised: it was confirmed, or it left a sender
       that never asks;
    l  messages were lost, but only such as their sender knows of, or that died with it;
    D  a message had two effects;
    -  none of these, at any moment;
    n/a  the fault cannot befall this system.

What may surprise:

- After a crash of the broker consumers of a queue get again what they had not acknowledged,
  processed or not. So D stands in most rows where nothing is lost (seen with RabbitMQ and ActiveMQ
  on loopback). Readers of a log keep their positions: with Kafka D comes from a producer that sends
  again.
- Of a replicated broker the leader crashes, and another one leads, however soon it is back. With
  acks=1 what the followers did not have yet is lost then, which ProducerConfig.java warns of. A
  single broker's page cache would survive the same crash. Until the next one leads, producers whose
  retries end before that fail, and know it (l).
- What ActiveMQ's failover transport, or a JetStream publisher with ids, sends again after a cut is
  known to the broker and dropped (ProducerBrokerExchange.java; stream.go). Without ids, or with a
  transport that does not resend by itself, it would be D.
- A producer that does not ask sends at once, and nothing waits in it; but a pipe of ZeroMQ begins
  in the sender's process, and dies with it.
- A message that was acknowledged comes back by a power loss if its removal was not synced (D with
  stomp-auto, whose disk is the experiment's own).
"""

import pytest

from sim.config import from_mapping
from sim.config.paths import parse_path, remove
from sim.config.presets import NAMES, merged, preset
from sim.outcomes import Belief, Fate, judge
from sim.system import simulate

TABLE = """
preset                      producer  cut  process  power  disk  failover  consumer
kafka-acks-0                -         L    L        L      L     L         D
kafka-acks-1                l         D    L        L      L     L         D
kafka-acks-all              l         D    D        L      D     D         D
kafka-idempotent            l         -    -        L      -     -         D
rabbitmq-classic-transient  l         D    L        L      L     n/a       D
rabbitmq-classic            l         D    D        L      L     n/a       D
rabbitmq-quorum             l         D    lD       lD     lD    lD        D
activemq                    l         -    D        D      L     n/a       D
activemq-nonpersistent      -         L    L        L      L     n/a       D
zeromq-push-pull            L         L    n/a      n/a    n/a   n/a       L
zeromq-pub-sub              L         L    n/a      n/a    n/a   n/a       L
zeromq-lazy-pirate          l         D    n/a      n/a    n/a   n/a       D
mqtt-qos-0                  -         L    L        L      L     n/a       L
mqtt-qos-1                  l         D    L        L      L     n/a       D
mqtt-qos-2                  l         -    L        L      L     n/a       -
stomp-auto                  -         L    L        LD     L     n/a       L
stomp-client-individual     l         D    D        LD     L     n/a       D
nats-jetstream              l         -    D        L      L     n/a       D
redis-streams               l         D    D        L      L     n/a       D
sqs-standard                l         D    lD       lD     lD    lD        D
sqs-fifo                    l         -    lD       lD     lD    lD        D
event-bus                   n/a       n/a  L        L      n/a   n/a       n/a
"""
"""What a fault can do to what each system holds."""

FAULTS = {
    "producer": {"target": "producer", "kind": "crash", "lasts": "100 ms"},
    "cut": {"target": "publish", "kind": "cut"},
    "process": {"target": "broker", "kind": "process_crash", "lasts": "500 ms", "which": 0},
    "power": {"target": "broker", "kind": "power_loss", "lasts": "500 ms", "correlated": True},
    "disk": {"target": "broker", "kind": "disk_loss", "lasts": "500 ms", "which": 0},
    # Gone for longer than it takes to notice.
    "failover": {"target": "broker", "kind": "process_crash", "lasts": "1 min", "which": 0},
    "consumer": {"target": "consumer", "kind": "crash", "lasts": "100 ms"},
}
WITHOUT = {"bus": ["network", "disk"], "none": ["network.deliver", "disk"]}
"""What there is nothing of in a broker of such a shape."""

ALSO = {
    # Answers come more slowly than messages, so that some wait in the producer.
    "producer": {"producer": {"in_flight": 1}, "network": {"publish": {"delay": "8 ms"}}},
    # The receiver's end of a pipe gets full, so that some is at the sender's; nothing is dropped.
    "none producer": {"broker": {"capacity": 8}},
    # Some are not read yet, and some are being read.
    "disk": {"consumer": {"start": "250 ms"}},
    # The moment between an effect and its acknowledgement has no length, and no clock hits it.
    "consumer": {"consumer": {"crash_after_effect": 0.1}},
}

GOLDEN = 0.6180339887498949
MOMENTS_S = [0.005 + 0.5 * (step * GOLDEN % 1) for step in range(40)]
"""Of the fault: while there is load, and in step with nothing."""

LOAD = {
    "run": {"messages": 40, "warmup": 0, "replications": 1, "horizon": "1 d"},
    # Nobody creates anything after that, however long it takes until all is decided.
    "producer": {"arrivals": {"law": "trace", "list": [0.01 * n for n in range(40)]}},
    "network": {"publish": {"delay": "4 ms"}, "deliver": {"delay": "3 ms"}},
    "disk": {"sync": "17 ms"},
    # Slower than the load, so that messages wait.
    "consumer": {"service": "15 ms"},
}

COLUMNS, *ROWS = (line.split() for line in TABLE.strip().splitlines())
CELLS = {
    (name, column): cell
    for name, *cells in ROWS
    for column, cell in zip(COLUMNS[1:], cells, strict=True)
    if cell != "n/a"
}


def experiment(name, column, moment_s):
    has = preset(name).by_key()
    shape = has["broker.shape"]
    load = merged(merged(LOAD, ALSO.get(column, {})), ALSO.get(f"{shape} {column}", {}))
    if has.get("broker.replicas", 1) > 1:
        load = merged(load, {"broker": {"replication_delay": "12 ms"}})
    for key in WITHOUT.get(shape, []):
        load = remove(load, parse_path(key))
    return from_mapping({**load, "preset": name, "faults": [FAULTS[column] | {"at": [moment_s]}]})


def seen(tried):
    """Return what became of the messages of one run, as the letters of a cell."""
    system = simulate(tried, 0)
    told = judge(system.ledger, system.census.measured)
    assert not (told.fate == Fate.PENDING).any(), "the run was cut before all was decided"
    left = (told.belief == Belief.UNKNOWN) & (told.sends > 0) & (not tried.producer.confirm)
    promised = (told.belief == Belief.CONFIRMED) | left
    lost = told.fate == Fate.LOST
    return {
        *("L" if (lost & promised).any() else ""),
        *("l" if (lost & ~promised).any() else ""),
        *("D" if (told.fate == Fate.DUPLICATED).any() else ""),
    }


def observed(name, column):
    letters = set().union(*(seen(experiment(name, column, at_s)) for at_s in MOMENTS_S))
    if "L" in letters:
        letters -= {"l"}
    return "".join(letter for letter in "LlD" if letter in letters) or "-"


def test_every_preset_has_its_row():
    assert sorted(name for name, *_ in ROWS) == list(NAMES)
    assert COLUMNS[1:] == list(FAULTS)


@pytest.mark.parametrize(("name", "column"), sorted(CELLS))
def test_what_a_system_can_lose_and_double(name, column):
    assert observed(name, column) == CELLS[name, column]
