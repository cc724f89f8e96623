"""The same work as `tests.benchmarks.naive`, done by the models.

A lossy link with acknowledgements, timeouts and retries; a queue in memory; one consumer that fails
now and then. `shortcuts` are what a run takes where it may (`models.shortcuts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import simpy

from models.arrivals import Poisson
from models.broker import Broker, BrokerOptions, ConfirmWhen, RedeliveryOptions, hands
from models.calls import at_end
from models.census import Census
from models.consumer import AckMode, Consumer, ConsumerOptions
from models.disk import DiskOptions
from models.draws import Draws
from models.foresight import Foresight
from models.foresight import applies as foresight_applies
from models.laws import Constant, Exponential
from models.ledger import Ledger
from models.network import LinkOptions
from models.network.link import Link
from models.policies import sync
from models.policies.backoff import Exponential as Growing
from models.policies.backoff import Fixed
from models.policies.jitter import full_jitter
from models.producer import Producer, ProducerOptions
from models.quiet import collector_paused

if TYPE_CHECKING:
    from tests.benchmarks.naive import Work


def producer_options(work: Work) -> ProducerOptions:
    growing = Growing(first_s=work.first_s, factor=work.factor, cap_s=work.cap_s)
    return ProducerOptions(
        arrivals=Poisson(work.rate_per_s),
        confirm=True,
        timeout_s=work.timeout_s,
        retries=work.retries,
        backoff=full_jitter(growing),
        in_flight=1000,
        buffer=100_000,
    )


def link_options(work: Work) -> LinkOptions:
    delay = Exponential(work.delay_s)
    return LinkOptions(delay=delay, ack_delay=delay, loss=work.loss, ack_loss=work.loss)


def broker_options() -> BrokerOptions:
    return BrokerOptions(
        accept=Constant(0.0),
        persistent=False,
        confirm_when=ConfirmWhen.RECEIVED,
        redelivery=RedeliveryOptions(delay=Fixed(0.0), ack_timeout_s=30.0),
        disk=DiskOptions(write=Constant(0.0), sync=Constant(0.001), policy=sync.Always()),
    )


def consumer_options(work: Work) -> ConsumerOptions:
    return ConsumerOptions(
        service=Exponential(work.service_s),
        failure=work.failure,
        restart=Constant(1.0),
        detect=Constant(0.0),
        start=Constant(0.0),
    )


def run(work: Work, seed: int, *, shortcuts: bool = True) -> Ledger:
    """Run until every message is decided; return the ledger."""
    env, ledger = simpy.Environment(), Ledger()
    over = env.event()
    census = Census(ledger, 0.0, work.messages, lambda: at_end(env, over.succeed))
    draws = Draws(seed, 0)
    publish = Link(env, link_options(work), draws, "publish", ledger)
    deliver = Link(env, LinkOptions(), draws, "deliver", ledger)
    common = {"ledger": ledger, "census": census, "draws": draws}
    broker = Broker(
        env,
        broker_options(),
        deliver=[deliver],
        ack=AckMode.AFTER,
        prefetch=1,
        faults=(),
        **common,
    )
    sends, works = producer_options(work), consumer_options(work)
    if shortcuts:
        keeps = broker_options()
        assert foresight_applies(sends, publish.options, keeps, faults=[]) is None
        assert hands.applies(works, keeps, deliver.options, prefetch=1, faults=False) is None
        Foresight(env, sends, producers=1, link=publish, broker=broker, **common)
        broker.employ(works, instances=1)
    else:
        producer = Producer(env, sends, index=0, link=publish, deliver_to=broker.arrive, **common)
        broker.confirms.connect(producer)
        Consumer(env, works, index=0, group=broker.groups[0], link=deliver, **common)
    with collector_paused():
        env.run(until=over)
    ledger.close(env.now)
    return ledger
