import itertools
import math

import numpy as np
import pytest

from models.formulas.composition import composition
from models.formulas.redelivery import effects_pmf, redelivery


def enumerated(r, q, limit):
    """Return P(parked, effects), mean deliveries, and P(effect later | first failed)."""
    fates = {"failed": r, "unheard": (1 - r) * q, "heard": (1 - r) * (1 - q)}
    joint = np.zeros((2, limit + 1))
    deliveries = later = first_failed = 0.0
    for history in itertools.product(fates, repeat=limit):
        weight = math.prod(fates[fate] for fate in history)
        parked = "heard" not in history
        made = limit if parked else history.index("heard") + 1
        effects = sum(fate != "failed" for fate in history[:made])
        joint[int(parked), effects] += weight
        deliveries += weight * made
        if history[0] == "failed":
            first_failed += weight
            later += weight * (effects >= 1)
    return joint, deliveries, later / first_failed


@pytest.mark.parametrize(
    ("r", "q", "limit"),
    [(0.2, 0.05, 5), (0.4, 0.3, 3), (0.3, 0.0, 4), (0.5, 0.5, 1), (1.0, 0.1, 3)],
)
def test_every_number_agrees_with_enumeration(r, q, limit):
    joint, deliveries, later = enumerated(r, q, limit)
    acknowledged, parked = joint
    pmf, counts = joint.sum(axis=0), np.arange(limit + 1)
    got = redelivery(failure=r, ack_loss=q, deliveries=limit)
    assert got.acknowledged == pytest.approx(acknowledged.sum(), abs=1e-14)
    assert got.parked == pytest.approx(parked.sum(), abs=1e-14)
    assert got.dead_lettered == pytest.approx(parked[0], abs=1e-14)
    assert got.parked_processed == pytest.approx(parked[1:].sum(), abs=1e-14)
    assert got.effect == pytest.approx(pmf[1:].sum(), abs=1e-14)
    assert got.duplicated == pytest.approx(pmf[2:].sum(), abs=1e-14)
    assert got.redelivered == pytest.approx(later, abs=1e-14)
    assert got.deliveries_per_message == pytest.approx(deliveries)
    assert got.effects_per_message == pytest.approx(pmf @ counts, abs=1e-14)
    np.testing.assert_allclose(
        effects_pmf(failure=r, ack_loss=q, deliveries=limit), pmf, atol=1e-14
    )


def test_one_in_five_fails_with_five_deliveries():
    got = redelivery(failure=0.2, ack_loss=0.05, deliveries=5)
    assert got.parked == pytest.approx(7.962624e-4, rel=1e-9)
    assert got.parked_processed == pytest.approx(4.762624e-4, rel=1e-9)
    assert got.dead_lettered == pytest.approx(0.2**5)


def test_without_a_limit_everything_is_processed_in_the_end():
    got = redelivery(failure=0.2, ack_loss=0.05)
    assert (got.parked, got.effect, got.redelivered) == (0.0, 1.0, 1.0)
    assert got.deliveries_per_message == pytest.approx(1 / 0.76)
    assert got.effects_per_message == pytest.approx(1 / 0.95)
    assert got.duplicated == pytest.approx(0.05)
    assert effects_pmf(failure=0.2, ack_loss=0.05)[:3] == pytest.approx([0.0, 0.95, 0.0475])


def test_a_first_delivery_that_never_fails_has_no_redelivery_probability():
    assert math.isnan(redelivery(failure=0.0, ack_loss=0.1, deliveries=3).redelivered)
    assert redelivery(failure=0.3, ack_loss=0.1, deliveries=1).redelivered == 0.0


def test_the_first_delivery_counts():
    with pytest.raises(ValueError, match=r"^deliveries must be >= 1, got 0$"):
        redelivery(failure=0.1, ack_loss=0.1, deliveries=0)


def test_composition_agrees_with_enumeration_of_both_ends():
    p, q, retries, stored, r, limit = 0.3, 0.2, 2, 0.9, 0.4, 2
    alone = stored * (1 - r**limit)
    fates = {"lost": p, "unheard": (1 - p) * q, "heard": (1 - p) * (1 - q)}
    cells = dict.fromkeys(itertools.product([True, False], repeat=2), 0.0)
    for history in itertools.product(fates, repeat=retries + 1):
        confirmed = "heard" in history
        made = history.index("heard") + 1 if confirmed else retries + 1
        copies = sum(fate != "lost" for fate in history[:made])
        weight = math.prod(fates[fate] for fate in history)
        for works in itertools.product([True, False], repeat=copies):
            likely = math.prod(alone if work else 1 - alone for work in works)
            cells[confirmed, any(works)] += weight * likely
    got = composition(
        loss=p,
        ack_loss=q,
        retries=retries,
        stored=stored,
        failure=r,
        consumer_ack_loss=0.1,
        deliveries=limit,
    )
    assert got.effect == pytest.approx(cells[True, True] + cells[False, True])
    assert got.silent_loss == pytest.approx(cells[True, False])
    assert got.reported_loss == pytest.approx(cells[False, False])
    assert got.false_failure == pytest.approx(cells[False, True])
    # E[D] = 0.7 (1 - 0.44^3)/0.56 copies, each stored and given out until acknowledged.
    copies = 0.7 * (1 - 0.44**3) / 0.56
    effects = 0.6 * (1 - 0.46**2) / 0.54
    assert got.effects_per_message == pytest.approx(copies * stored * effects)


def test_a_perfect_chain_loses_nothing():
    got = composition(loss=0.0, ack_loss=0.0, retries=0)
    assert (got.effect, got.effects_per_message, got.silent_loss) == (1.0, 1.0, 0.0)
