"""How long a warm-up must be at least, from what is known of the system before it is run.

- A queue forgets how it began within a few relaxation times. Of M/M/1 that begins empty, the mean
  number in the system lacks 6 to 8 %, 1.2 to 1.6 % and 0.3 to 0.4 % after one, two and three of
  them, at loads from 0.5 to 0.98 (the forward equations, integrated); two are asked for.
- A delivery of which nothing is heard stays until it times out, perhaps several times; a message
  whose attempts fail is sent again and again. One in `RARELY` does so longer than is waited for.
- Where something is down for more than a share `OFTEN` of the time, it takes a few outages'
  lengths until one is as likely to be under way as later.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.checks.load import unheard_s
from sim.stations import slowest
from sim.stations.attempts import MANY, attempts

if TYPE_CHECKING:
    from sim.config import Experiment

RELAXATIONS = 2.0

OFTEN = 0.01

RARELY = 1000


def needed_s(experiment: Experiment) -> float:
    """Return the least warm-up (s) that is known to be needed; infinite if none is enough."""
    place = slowest(experiment)
    times_s = [0.0 if place is None else RELAXATIONS * place.settles_s, _outages_s(experiment)]
    if experiment.broker.shape == "queue":
        silent_s = unheard_s(experiment)
        times_s.append(silent_s if math.isfinite(silent_s) else 0.0)
    times_s.append(_sent_again_s(experiment))
    return max(times_s)


def _sent_again_s(experiment: Experiment) -> float:
    """Return after what time nearly all messages are sent for the last time."""
    producer, sent = experiment.producer, attempts(experiment)
    time_s, left = 0.0, 1.0
    for attempt in range(1, min(sent.most, MANY)):
        left *= sent.fails
        if left < 1.0 / RARELY:
            break
        time_s += producer.timeout_s + producer.backoff.mean_pause_s(attempt)
    return min(time_s, producer.deadline_s)


def _outages_s(experiment: Experiment) -> float:
    """Return how long it takes until outages are as frequent as they will be."""
    longest_s = 0.0
    for fault in experiment.faults:
        if fault.every is None or fault.every.is_constant:
            continue
        up_s, down_s = fault.every.mean_s, fault.lasts.mean_s
        if down_s > OFTEN * (up_s + down_s):
            # The state of a component that is up and down at random relaxes at the sum of rates.
            longest_s = max(longest_s, RELAXATIONS * up_s * down_s / (up_s + down_s))
    return longest_s
