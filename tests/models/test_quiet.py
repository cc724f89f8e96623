"""Nothing that belongs to a message is left for the garbage collector."""

from __future__ import annotations

import gc
import math

import pytest

from models.arrivals import Regular
from models.broker import ConfirmWhen, RedeliveryOptions
from models.faults import FaultOptions
from models.laws import Constant, Exponential
from models.ledger import Ledger
from models.network import LinkOptions
from models.policies.backoff import Fixed
from models.quiet import collector_paused
from tests.models.world import World, broker_options, consumer_options, producer_options


def busy(**changes):
    settings = {
        "producer": producer_options(arrivals=Regular(10.0), timeout_s=0.5, retries=3),
        "publish": LinkOptions(delay=Exponential(0.1), loss=0.2, ack_loss=0.2, duplication=0.1),
        "broker": broker_options(
            confirm_when=ConfirmWhen.SYNCED,
            redelivery=RedeliveryOptions(delay=Fixed(0.1), ack_timeout_s=1.0, limit=3),
        ),
        "consumer": consumer_options(service=Exponential(0.05), failure=0.1),
    }
    return World(**(settings | changes))


FAULTS = {
    "deliver": LinkOptions(delay=Exponential(0.1), loss=0.1, ack_loss=0.1, duplication=0.1),
    "broker_faults": (
        FaultOptions(kind="power_loss", every=Exponential(5.0), lasts=Constant(0.5)),
    ),
    "consumer_faults": (FaultOptions(kind="crash", every=Exponential(5.0), lasts=Constant(0.5)),),
}
QUICK = {
    "broker": broker_options(redelivery=RedeliveryOptions(delay=Fixed(0.0))),
    "foresee": True,
    "hands": True,
}


@pytest.mark.parametrize("changes", [{}, FAULTS, QUICK], ids=["plain", "faults", "shortcuts"])
def test_a_run_leaves_nothing_to_the_collector(changes, monkeypatch):
    # Asked at the end of the run, while its components, which do form rings, are still there.
    found = []
    close = Ledger.close

    def look_and_close(ledger, end_s):
        found.append(gc.collect())
        close(ledger, end_s)

    monkeypatch.setattr(Ledger, "close", look_and_close)
    gc.collect()
    with collector_paused():
        ledger = busy(until_s=100.0, **changes).run()
    assert len(ledger.effected) > 200
    assert found == [0]


def test_the_collector_is_as_it_was():
    assert gc.isenabled()
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_comes_back_after_an_error():
    with pytest.raises(ZeroDivisionError), collector_paused():
        math.fsum([1 / 0])
    assert gc.isenabled()
