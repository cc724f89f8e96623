"""Diagrams line by line, where all times are known."""

# ruff: noqa: RUF001 - the cross is a cross

from __future__ import annotations

from textwrap import dedent, wrap

from models.broker import ConfirmWhen
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause, Failed
from models.network import LinkOptions
from models.policies.backoff import Fixed
from sim.trace import Scene, diagram, legend, trace
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    disk_options,
    producer_options,
)
from tests.sim.ledgers import created, ledger


def shown(made, row=0, *, scene=None, end_s=100.0, width=80):
    """The diagram of message *row* and, behind an empty line, what became of it."""
    told = trace(made, row, scene or Scene(), end_s)
    lines = [line for line, _ in diagram(told, width)]
    return "\n".join([*lines, "", *wrap(told.verdict, 80)])


def drawn(text):
    """The diagram in *text*, without the margin that it has in a test."""
    return dedent(text).strip("\n")


def slow_disk(**changes):
    disk = disk_options(write=Constant(0.25), sync=Constant(0.5))
    return broker_options(**({"disk": disk, "confirm_when": ConfirmWhen.SYNCED} | changes))


def test_a_message_on_its_way():
    world = World(
        producer=producer_options(),
        publish=LinkOptions(delay=Constant(0.125), ack_delay=Constant(0.125)),
        deliver=LinkOptions(delay=Constant(0.0625), ack_delay=Constant(0.0625)),
        broker=slow_disk(),
        consumer=consumer_options(service=Constant(0.5)),
    )
    text = """
                       prod.  network  broker   disk   cons.
                         0    publish  queue             0
            0.000 ms      ●       ┊       │       │       │  created
                          ●──────►┊       │       │       │  attempt 1 sent
          125.000 ms      │       ┊──────►●       │       │  attempt 1 arrives (125 ms)
                          │       ┊       ●       │       │  stored
                          │       ┊       ●┄┄┄┄┄┄┄│┄┄┄┄┄┄►│  delivery 1 to consumer 0
          187.500 ms      │       ┊       │       │       ●  work begins
          375.000 ms      │       ┊       │       ●       │  in the page cache
          687.500 ms      │       ┊       │       │       ●  effect, 500 ms of work
          750.000 ms      │       ┊       ●◄┄┄┄┄┄┄│┄┄┄┄┄┄┄│  removed: acknowledged
          875.000 ms      │       ┊       │       ●       │  on the disk
        1,000.000 ms      ●◄┄┄┄┄┄┄┊       │       │       │  confirmed

        Confirmed after 1.00 s; once, its effect after 688 ms.
    """
    assert shown(world.run()) == drawn(text)


def test_a_silent_loss():
    world = World(
        broker=slow_disk(confirm_when=ConfirmWhen.WRITTEN),
        consumer=consumer_options(start=Constant(20.0)),
        broker_faults=(FaultOptions(kind="power_loss", at_s=(1.5,), lasts=Constant(2.0)),),
    )
    text = """
                     producer  network    broker     disk
                        0      publish    queue
          0.000 ms       ●         ┊         │         │  created
                         ●────────►┊         │         │  attempt 1 sent
                         │         ┊────────►●         │  attempt 1 arrives
                         │         ┊         ●         │  stored
        250.000 ms       │         ┊         │         ●  in the page cache
                         ●◄┄┄┄┄┄┄┄┄┊         │         │  confirmed
        500.000 ms       │         ┊         ╳         │  broker: power loss
                         │         ┊         ●         │  removed: page_cache
                         │         ┊         ░         ╳  dropped: page_cache

        Confirmed after 250 ms; lost after 500 ms by page_cache (the power went before
        it was synced): a silent loss.
    """
    assert shown(world.run()) == drawn(text)


def test_lost_packets_and_a_broker_that_is_down():
    world = World(
        producer=producer_options(timeout_s=0.5, retries=2, backoff=Fixed(0.0)),
        publish=LinkOptions(delay=Constant(0.25), loss=0.5),
        draws=FixedLuck({"publish.loss": {(0, 1)}, "publish.ack_loss": {(0, 3)}}),
        broker_faults=(FaultOptions(kind="process_crash", at_s=(0.5,), lasts=Constant(1.5)),),
    )
    text = """
                       prod.  network  broker   disk   cons.
                         0    publish  queue             0
         -500.000 ms      │       ┊       ╳       │       │  broker: process crash
            0.000 ms      ●       ┊       ░       │       │  created
                          ●──────►┊       ░       │       │  attempt 1 sent
                          │       ╳       ░       │       │  attempt 1 lost: network
          500.000 ms      ●──────►┊       ░       │       │  attempt 2 sent
          750.000 ms      │       ┊──────►╳       │       │  attempt 2 lost: broker_down
        1,000.000 ms      ●──────►┊       ░       │       │  attempt 3 sent
                          │       ┊       ┬       │       │  broker is back
        1,250.000 ms      │       ┊──────►●       │       │  attempt 3 arrives (250 ms)
                          │       ┊       ●       │       │  stored
                          │       ┊       │       ●       │  in the page cache
                          │       ┊       │       ●       │  on the disk
                          │       ┊       ●┄┄┄┄┄┄┄│┄┄┄┄┄┄►│  delivery 1 to consumer 0
                          │       ┊       │       │       ●  effect
                          │       ┊       ●       │       │  removed: acknowledged
        1,500.000 ms      ●       ┊       │       │       │  given up: attempts

        Failed after 1.50 s (attempts); once, its effect after 1.25 s: a false failure.
    """
    assert shown(world.run()) == drawn(text)


def test_a_consumer_falls_and_the_message_is_given_to_another():
    world = World(
        deliver=LinkOptions(delay=Constant(0.125), ack_delay=Constant(0.125)),
        consumer=consumer_options(service=Constant(1.0), crash_before_effect=0.5),
        consumers=2,
        draws=FixedLuck({"consumer.crash_before": {(0, 1)}}),
    )
    text = """
                      prod. netw. brok.  disk cons. cons.
                        0   publ. queue         0     1
            0.000 ms     ●     ┊     │     │     │     │  created
                         ●────►┊     │     │     │     │  attempt 1 sent
                         │     ┊────►●     │     │     │  attempt 1 arrives
                         │     ┊     ●     │     │     │  stored
                         │     ┊     │     ●     │     │  in the page cache
                         │     ┊     │     ●     │     │  on the disk
                         │     ┊     ●┄┄┄┄┄│┄┄┄┄►│     │  delivery 1 to consumer 0
                         ●◄┄┄┄┄┊     │     │     │     │  confirmed
        1,125.000 ms     │     ┊     │     │     ╳     │  consumer 0: crash
                         │     ┊     ●     │     ░     │  given back, to be redelivered
                         │     ┊     ●┄┄┄┄┄│┄┄┄┄┄░┄┄┄┄►│  delivery 2 to consumer 1,
                         │     ┊     │     │     ░     │  redelivered
        1,250.000 ms     │     ┊     │     │     ░     ●  work on delivery 2 begins
        2,125.000 ms     │     ┊     │     │     ┬     │  consumer 0 is back
        2,250.000 ms     │     ┊     │     │     │     ●  effect of delivery 2, 1.00 s
                         │     ┊     │     │     │     │  of work
        2,375.000 ms     │     ┊     ●     │     │     │  removed: acknowledged

        Confirmed after 0 s; once, its effect after 2.25 s.
    """
    assert shown(world.run()) == drawn(text)


def test_one_of_two_packets_arrives_and_nobody_knows_which():
    made = ledger(
        *created(0.0),
        ("sent", 0, 0.0),
        ("sent", 0, 1.0),
        ("arrived", 0, 1.5),
        ("stored", 0, 1.5),
        ("arrived", 0, 2.0),
        ("dropped", 0, 2.0, Cause.DEDUPLICATED),
        ("sent", 0, 3.0),
        ("arrived", 0, 3.5),
        ("dropped", 0, 3.5, Cause.DEDUPLICATED),
        ("removed", 0, 4.0, Cause.EXPIRED),
        ("dropped", 0, 4.0, Cause.EXPIRED),
        ("failed", 0, 5.0, Failed.DEADLINE),
    )
    text = """
                       producer  network    broker
                          0      publish    queue
            0.000 ms       ●         ┊         │  created
                           ●────────►┊         │  attempt 1 sent
        1,000.000 ms       ●────────►┊         │  attempt 2 sent
        1,500.000 ms       │         ┊┄┄┄┄┄┄┄┄►●  one of the packets arrives
                           │         ┊         ●  stored
        2,000.000 ms       │         ┊┄┄┄┄┄┄┄┄►●  one of the packets arrives
                           │         ┊         ╳  dropped: deduplicated
        3,000.000 ms       ●────────►┊         │  attempt 3 sent
        3,500.000 ms       │         ┊────────►●  attempt 3 arrives (500 ms)
                           │         ┊         ╳  dropped: deduplicated
        4,000.000 ms       │         ┊         ●  removed: expired
                           │         ┊         ╳  dropped: expired
        5,000.000 ms       ●         ┊         │  given up: deadline

        Failed after 5.00 s (deadline); lost after 4.00 s by expired (it was too old): a
        reported loss.
    """
    assert shown(made) == drawn(text)


def test_many_lanes_are_narrow_and_words_stay_readable():
    given = [("delivered", 0, 1.0, consumer, consumer > 0) for consumer in range(12)]
    made = ledger(*created(1.0), ("sent", 0, 1.0), ("stored", 0, 1.0), *given)
    lines = [line for line, _ in diagram(trace(made, 0, Scene(), 9.0))]
    assert all(line.count("│") + line.count("┊") > 3 for line in lines[2:])
    assert "delivery 12 to consumer" in "".join(lines)


def test_the_legend_tells_what_is_drawn():
    assert legend(["●───►│", "░"]) == "░ down"
    assert legend(["●───►│"]) == ""
