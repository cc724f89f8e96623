import itertools
import math

import numpy as np
import pytest

from models.formulas.retry import copies_by_belief, copies_pmf, retry

CASES = [(0.1, 0.1, 3), (0.3, 0.2, 4), (0.0, 0.4, 2), (0.5, 0.0, 5), (0.2, 0.3, 0), (0.1, 1.0, 2)]


def enumerated(p, q, retries):
    """Return P(confirmed, copies), and the mean number of sends, over all fates of all attempts."""
    fates = {"lost": p, "unheard": (1 - p) * q, "heard": (1 - p) * (1 - q)}
    joint = np.zeros((2, retries + 2))
    sends = 0.0
    for history in itertools.product(fates, repeat=retries + 1):
        weight = math.prod(fates[fate] for fate in history)
        made = history.index("heard") + 1 if "heard" in history else retries + 1
        copies = sum(fate != "lost" for fate in history[:made])
        joint[int("heard" in history), copies] += weight
        sends += weight * made
    return joint, sends


@pytest.mark.parametrize(("p", "q", "retries"), CASES)
def test_every_number_agrees_with_enumeration(p, q, retries):
    joint, sends = enumerated(p, q, retries)
    pmf, counts = joint.sum(axis=0), np.arange(retries + 2)
    got = retry(loss=p, ack_loss=q, retries=retries)
    assert got.confirmed == pytest.approx(joint[1].sum(), abs=1e-14)
    assert got.failed == pytest.approx(joint[0].sum(), abs=1e-14)
    assert got.lost == pytest.approx(pmf[0], abs=1e-14)
    assert got.delivered == pytest.approx(1 - pmf[0], abs=1e-14)
    assert got.false_failure == pytest.approx(joint[0, 1:].sum(), abs=1e-14)
    assert got.sends_per_message == pytest.approx(sends)
    assert got.copies_per_message == pytest.approx(pmf @ counts)
    assert got.duplicates_per_message == pytest.approx(pmf[1:] @ (counts[1:] - 1), abs=1e-14)
    failed, confirmed = joint
    by_belief = copies_by_belief(loss=p, ack_loss=q, retries=retries)
    np.testing.assert_allclose(by_belief[0], confirmed, atol=1e-14)
    np.testing.assert_allclose(by_belief[1], failed, atol=1e-14)


@pytest.mark.parametrize(("p", "q", "retries"), CASES)
def test_the_copies_follow_the_closed_form(p, q, retries):
    n, a, b = retries + 1, (1 - p) * (1 - q), (1 - p) * q
    pmf = copies_pmf(loss=p, ack_loss=q, retries=retries)
    assert pmf[0] == pytest.approx(p**n)
    for d in range(1, n + 1):
        heard = sum(math.comb(m - 1, d - 1) * b ** (d - 1) * p ** (m - d) for m in range(d, n + 1))
        unheard = math.comb(n, d) * b**d * p ** (n - d)
        assert pmf[d] == pytest.approx(a * heard + unheard)


def test_one_in_ten_lost_each_way_and_three_retries():
    got = retry(loss=0.1, ack_loss=0.1, retries=3)
    assert got.confirmed == pytest.approx(0.99869679, abs=5e-9)
    assert got.delivered == pytest.approx(0.9999, abs=1e-12)
    assert got.false_failure == pytest.approx(0.00120321, abs=5e-9)
    assert got.duplicates_per_message == pytest.approx(0.1097631, abs=5e-8)
    copies = copies_pmf(loss=0.1, ack_loss=0.1, retries=3)
    assert copies == pytest.approx([1e-4, 0.90027, 0.090153, 0.0088209, 0.0006561], abs=5e-9)


@pytest.mark.parametrize(("p", "q", "retries"), [(0.1, 0.1, 3), (0.3, 0.2, 4), (0.02, 0.01, 2)])
def test_how_often_a_failure_is_a_false_one(p, q, retries):
    # facts 3.1: given a failure, 1 - (p / f)^n.
    got, f = retry(loss=p, ack_loss=q, retries=retries), 1 - (1 - p) * (1 - q)
    assert got.false_failure / got.failed == pytest.approx(1 - (p / f) ** (retries + 1))


@pytest.mark.parametrize(
    ("chunks", "most", "p1", "p2", "p4"),
    [
        (16, 2, 4.233334437734179e-4, 2.6453089120221642e-5, 8e-6),
        (16, 5, 1.1205147165825366e-8, None, None),
        (64, 12, 9.353871662342204e-19, None, 8.192e-23),
    ],
)
def test_bounded_retransmission_protocol(chunks, most, p1, p2, p4):
    # Exact results of the probabilistic model checkers PRISM and Storm for the BRP benchmark.
    chunk = retry(loss=0.02, ack_loss=0.01, retries=most)
    failed_somewhere = -math.expm1(chunks * math.log1p(-chunk.failed))
    assert failed_somewhere == pytest.approx(p1, rel=1e-12)
    if p2 is not None:
        assert chunk.confirmed ** (chunks - 1) * chunk.failed == pytest.approx(p2, rel=1e-12)
    if p4 is not None:
        assert chunk.lost == pytest.approx(p4, rel=1e-12)


def test_unlimited_retries_are_the_limit_of_many():
    got = retry(loss=0.3, ack_loss=0.2, retries=math.inf)
    many = retry(loss=0.3, ack_loss=0.2, retries=200)
    assert got.confirmed == got.delivered == 1.0
    assert got.sends_per_message == pytest.approx(many.sends_per_message, rel=1e-12)
    assert got.duplicates_per_message == pytest.approx(0.2 / 0.8)
    pmf = copies_pmf(loss=0.3, ack_loss=0.2, retries=math.inf)
    assert pmf[:4] == pytest.approx([0.0, 0.8, 0.16, 0.032])
    assert pmf.sum() == pytest.approx(1.0, abs=1e-15)
    limit = copies_pmf(loss=0.3, ack_loss=0.2, retries=200)[: len(pmf)]
    np.testing.assert_allclose(pmf, limit, atol=1e-15)
    assert copies_pmf(loss=0.3, ack_loss=0.0, retries=math.inf).tolist() == [0.0, 1.0]


def test_where_nothing_can_succeed():
    deaf = retry(loss=0.2, ack_loss=1, retries=3)
    assert (deaf.confirmed, deaf.sends_per_message) == (0.0, 4)
    assert deaf.copies_per_message == pytest.approx(3.2)
    assert retry(loss=0.2, ack_loss=1, retries=math.inf).copies_per_message == math.inf
    cut = retry(loss=1, ack_loss=0, retries=math.inf)
    assert (cut.lost, cut.sends_per_message, cut.copies_per_message) == (1.0, math.inf, 0.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: retry(loss=1.1, ack_loss=0, retries=0), r"loss must be in \[0, 1\], got 1.1"),
        (lambda: retry(loss=0.1, ack_loss=0, retries=-1), "retries must be >= 0, got -1"),
        (
            lambda: copies_by_belief(loss=0.1, ack_loss=0, retries=math.inf),
            "retries must be finite, got inf",
        ),
        (
            lambda: copies_pmf(loss=0.1, ack_loss=1, retries=math.inf),
            "retries must be finite where loss or ack_loss is 1, got inf",
        ),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make()
