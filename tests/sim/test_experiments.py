"""The experiments that come with the program: each loads, runs, and shows what its header says.

They run here at reduced size, so only claims that hold at any size are asserted, and intervals are
at a level (`CONFIDENCE`) at which no check disagrees by chance: about 200 checks are made.
"""

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from models.ledger import Cause
from sim.checks import Verdict
from sim.claims import Truth, judge_claims
from sim.config import load
from sim.runner import Result, run

ROOT = Path(__file__).parents[2] / "experiments"
FILES = {path.stem: path for path in sorted(ROOT.rglob("*.toml"))}
CONFIDENCE = 0.9999

LARGE = {
    "01_lossy_network": ("run.messages=2000", "run.replications=3"),
    "02_sync_interval": ("run.replications=10",),
    "03_redelivery": ("run.messages=2000", "run.replications=3"),
    "04_acknowledge_before_or_after": ("run.replications=20",),
    "05_waiting": ('sweep.zip."run.messages"=[5000, 5000, 5000, 5000, 5000]', "run.replications=3"),
    # Rare faults have a pilot, whose size does not go below 121 runs: two or three points of each.
    "10_power_loss_unread": (
        "run.replications=10",
        'sweep.zip.preset=["rabbitmq-classic", "redis-streams", "rabbitmq-quorum"]',
        'sweep.zip."producer.arrivals.rate"=["2.31/s", "23.7/s", "23.7/s"]',
        'sweep.zip."run.warmup"=["31 s", "2 s", "2 s"]',
        'sweep.zip."run.messages"=[70, 47, 47]',
        'sweep.zip."consumer.start"=["93 s", "5.1 s", "5.1 s"]',
    ),
    "11_power_loss_in_step": ("run.replications=10", 'sweep.preset=["redis-streams", "activemq"]'),
    "12_leader_falls": (
        "run.replications=10",
        'sweep.zip.preset=["kafka-acks-1", "kafka-acks-all"]',
        'sweep.zip."faults.0.every"=["30 d", "30 d"]',
        'sweep.zip."broker.replication_delay"=["0.415 ms", "0.415 ms"]',
    ),
    "15_consumer_crashes": (
        "run.replications=10",
        'sweep.zip.preset=["rabbitmq-classic", "mqtt-qos-0"]',
        'sweep.zip."run.rare.estimate"=["duplicated", "lost"]',
        'sweep.zip."producer.arrivals.rate"=["1000/s", "1000/s"]',
        'sweep.zip."run.warmup"=["30 ms", "30 ms"]',
        'sweep.zip."consumer.detect"=["0 s", "0 s"]',
    ),
    "17_outages": ("run.replications=10", 'sweep.preset=["sqs-standard", "mqtt-qos-0"]'),
    "003_consuming_side_only": ("run.replications=20",),
    "004_retries_the_acknowledgement": ("run.messages=1000", "run.replications=5"),
}
"""How the larger ones are cut down; the others run ten times instead of a hundred."""


@cache
def result(name: str) -> Result:
    smaller = LARGE.get(name, ("run.replications=10",))
    return run(load(FILES[name], (*smaller, f"run.confidence={CONFIDENCE}")))


def values(name: str, estimate: str) -> list[float]:
    """Return the estimate at each point, in the order of the sweep."""
    return [point.estimates[estimate].value for point in result(name).points]


def caused(name: str, cause: str) -> list[int]:
    """Return how many messages each point lost by one cause."""
    return [sum(int(s.causes[Cause[cause]]) for s in p.samples) for p in result(name).points]


@pytest.mark.parametrize("name", FILES)
def test_points_are_valid_at_full_size(name: str) -> None:
    experiment = load(FILES[name])
    assert experiment.title
    assert experiment.question
    assert experiment.seed > 0
    assert len(list(experiment.points())) > 1


@pytest.mark.parametrize("name", FILES)
def test_no_check_disagrees(name: str) -> None:
    wrong = [
        (point.parameters, check)
        for point in result(name).points
        for check in point.checks
        if check.verdict is Verdict.DISAGREES
    ]
    assert wrong == []


@pytest.mark.parametrize("name", FILES)
def test_every_message_has_one_fate(name: str) -> None:
    for point in result(name).points:
        experiment = point.experiment
        expected = experiment.run.messages * experiment.run.replications * experiment.groups
        assert sum(int(sample.matrix.sum()) for sample in point.samples) == expected


HEADERS = {
    "DOCUMENT": ["DOCUMENT", "IN CODE", "SCENE", "SHOWS", "TO KEEP"],
    "CLAIM": ["CLAIM", "SCENE", "READ", "ANSWER"],
    "DISPUTE": ["DISPUTE", "SCENE", "READ", "ANSWER"],
    "QUESTION": ["QUESTION", "EXPECTED", "TO READ", "ANSWER"],
}
"""What a header begins with, and what else it tells, in this order."""


def kind_of(path: Path) -> str:
    """Return what the header of the experiment at *path* must begin with."""
    if path.parent.name == "documents":
        return "CLAIM" if path.stem.startswith("claim") else "DOCUMENT"
    return "DISPUTE" if path.parent.name == "disputes" else "QUESTION"


@pytest.mark.parametrize("name", FILES)
def test_header_asks_and_answers(name: str) -> None:
    lines = FILES[name].read_text(encoding="utf-8").splitlines()
    labels = [line[2:12].strip() for line in lines if line.startswith("# ")]
    wanted = HEADERS[kind_of(FILES[name])]
    assert [label for label in labels if label in wanted] == wanted


@pytest.mark.parametrize("name", FILES)
def test_an_answer_is_given(name: str) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    answer = "# SHOWS" if "# SHOWS" in text else "# ANSWER"
    assert text.split(answer)[1].strip().startswith("(this file, its seed")


VERDICTS = {
    "claim_01_no_loss_no_duplication": "true false true",
    "claim_02_durable_queue": "false false true",
    "claim_03_prefetch": "false true true",
    "claim_04_reliability_costs_latency": "true true",
    "claim_05_end_to_end": "true false true",
    "claim_06_backoff": "false true true",
    "claim_07_redelivery": "true false false true true",
    "claim_08_constant_work": "true false",
    "claim_09_order": "true true false false",
    "claim_10_unique_ids": "true false true true false",
    "delivery_limit_20": "true true true true",
    "poison_with_prefetch": "true true",
}
"""What the runs at full size say of the claims of each file, as its answer tells."""


@pytest.mark.parametrize(
    "name", [name for name, path in FILES.items() if kind_of(path) in ("CLAIM", "DISPUTE")]
)
def test_a_smaller_run_says_the_same_or_nothing(name: str) -> None:
    found = [judgement.truth for judgement in judge_claims(result(name))]
    told = [Truth(word) for word in VERDICTS[name].split()]
    assert len(found) == len(told)
    pairs = zip(found, told, strict=True)
    assert all(one in (other, Truth.UNDECIDED) for one, other in pairs), found


def test_the_table_lists_every_experiment() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in FILES.values():
        assert f"]({path.relative_to(ROOT).as_posix()})" in text


def test_the_measured_syncs_are_what_they_were() -> None:
    sync = load(FILES["02_sync_interval"]).disk.sync
    assert len(sync.values_s) == 4000
    assert sync.mean_s == pytest.approx(174e-6, abs=0.5e-6)


def test_each_retry_loses_fewer_and_costs_little() -> None:
    name = "01_lossy_network"
    lost, confirmed = values(name, "lost"), values(name, "confirmed")
    assert lost[0] > lost[1] > lost[2] >= lost[3] >= lost[4]
    assert confirmed == sorted(confirmed)
    # At most 1 / 0.81 packets per message, here with five standard errors of 6000 messages.
    assert max(values(name, "sends_per_message")) < 1 / 0.81 + 5 * 0.54 / 6000**0.5
    waits = values(name, "confirm_latency_p999")
    assert all(later > earlier for earlier, later in pairwise(waits))
    assert all(share > 0 for share in values(name, "false_failure")[:3])


def test_a_sync_interval_loses_silently_or_costs_time() -> None:
    name = "02_sync_interval"
    intervals_s = [1, 5, 30]
    written, synced = slice(0, 3), slice(3, 6)
    silent = values(name, "silent_loss")
    assert 0 < silent[0] < silent[1] < silent[2]
    assert values(name, "lost")[synced] == [0, 0, 0]
    waits_s = values(name, "confirm_latency_mean")
    assert waits_s[written] == pytest.approx([0.82e-3] * 3)
    assert all(wait > 0.4 * t for wait, t in zip(waits_s[synced], intervals_s, strict=True))
    sends = values(name, "sends_per_message")
    assert sends[written] == [1, 1, 1]
    assert 1 < sends[3] < sends[4] < sends[5]


def test_written_can_be_held_against_the_closed_form() -> None:
    for point in result("02_sync_interval").points[:3]:
        assert {"P_persist", "E[lost | crash]"} <= {check.name for check in point.checks}


def test_dead_letters_get_rare_and_some_were_processed() -> None:
    name = "03_redelivery"
    dead, parked, twice = (values(name, e) for e in ("dead_lettered", "parked", "duplicated"))
    assert dead[0] > dead[1] > dead[2] > dead[3] >= dead[4]
    assert parked[0] > dead[0]
    assert parked[1] > dead[1]
    assert twice[0] == 0 < twice[1] < twice[2]


def test_one_chooses_between_loss_and_duplicates() -> None:
    name = "04_acknowledge_before_or_after"
    # By mode, crashes before and after the effect: which of the two harms was seen.
    lost = [share > 0 for share in values(name, "lost")]
    twice = [share > 0 for share in values(name, "duplicated")]
    auto, before, after = slice(0, 2), slice(2, 4), slice(4, 6)
    assert (lost[auto], twice[auto]) == ([True, True], [False, False])
    assert (lost[before], twice[before]) == ([True, False], [False, False])
    assert (lost[after], twice[after]) == ([False, False], [False, True])
    assert values(name, "lost")[0] > values(name, "lost")[2]


def test_waiting_goes_up_a_wall() -> None:
    waits_s = values("05_waiting", "sojourn_mean")
    assert waits_s == sorted(waits_s)
    # Load 0.95 against 0.2: 16 times, and never less than half of it here.
    assert waits_s[-1] > 8 * waits_s[0]
    for point in result("05_waiting").points:
        assert {"W", "L", "Little"} <= {check.name for check in point.checks}


def test_a_durable_queue_alone_saves_nothing() -> None:
    name = "000_transient_producer"
    lost = values(name, "lost")
    assert lost[0] == lost[1] > lost[2] > 0 == lost[3]
    assert caused(name, "BROKER_MEMORY")[2:] == [0, 0]
    assert values(name, "unknown_loss")[2] == lost[2]
    assert values(name, "sends_per_message")[3] > 1


def test_nothing_is_consumed_from_a_queue_with_other_flags() -> None:
    name = "000_queue_with_other_flags"
    assert values(name, "pending") == [1, 0]
    assert values(name, "deliveries_per_message")[0] == 0
    assert values(name, "once")[1] == 1


def test_without_acknowledgement_only_the_first_message_is_ever_processed() -> None:
    name = "000_never_acknowledges"
    assert values(name, "pending") == [0.99, 0]
    assert values(name, "effects_per_message") == [0.02, 1]  # of 100 messages, one twice
    assert values(name, "duplicated") == [0.01, 0]


def test_a_consumer_that_dies_on_its_acknowledgement_repeats_one_effect() -> None:
    name = "001_dies_after_the_work"
    assert values(name, "pending") == [0.99, 0, 0]
    assert values(name, "duplicated") == [0.01, 0.01, 0]
    assert values(name, "effects_per_message")[0] == pytest.approx(
        0.4, abs=0.02
    )  # 40 s, one a second
    # With a limit, most are given up that were never processed.
    assert values(name, "dead_lettered")[1] > 0.8
    assert values(name, "once")[2] == 1


def test_automatic_acknowledgement_loses_all_that_was_pushed() -> None:
    name = "002_automatic_acknowledgement"
    assert values(name, "unknown_loss") == [0.976, 0]
    assert caused(name, "AUTO_ACK")[0] == 10 * 976
    assert values(name, "once")[1] == 1


def test_a_producer_that_never_asks_loses_what_it_sends_to_nobody() -> None:
    name = "002_fire_and_forget"
    lost = values(name, "unknown_loss")
    assert 0 < lost[0] < 0.35  # an outage of 1 to 3 s, of ten
    assert lost[1] == values(name, "lost")[1] == 0
    assert values(name, "confirmed") == [0, 1]


def test_a_cut_costs_what_is_sent_before_it_is_noticed() -> None:
    name = "002_cut_connection"
    cut = caused(name, "CONNECTION_CUT")
    assert values(name, "unknown_loss")[0] == cut[0] / 100
    # 10 cuts, 1 s each: 10 messages are expected at one per second, 500 at fifty.
    assert 0 < cut[0] < 10 + 5 * 10**0.5
    assert cut[2] == pytest.approx(500, abs=5 * 500**0.5)
    assert cut[1] == cut[3] == 0
    assert values(name, "lost")[1] == values(name, "lost")[3] == 0


def test_a_script_that_stops_sends_nothing_and_says_so() -> None:
    name = "001_stops_before_it_sends"
    assert values(name, "sends_per_message") == [0, 1]
    assert values(name, "failed") == values(name, "reported_loss") == [1, 0]
    assert values(name, "once") == [0, 1]


def test_what_is_published_again_is_done_twice() -> None:
    name = "004_publishes_again"
    assert values(name, "lost") == [0, 0, 0]
    assert values(name, "delivered") == [1, 1, 1]
    # Every message whose first delivery fails, one in ten of 1000.
    twice = values(name, "duplicated")
    assert twice[:2] == pytest.approx([0.1, 0.1], abs=5 * (0.1 * 0.9 / 1000) ** 0.5)
    assert twice[2] == 0
    assert values(name, "copies_per_message")[2] == 1
    waits_s = values(name, "delivery_latency_mean")
    assert waits_s[0] > 100 * waits_s[1]


def test_another_consumer_helps_against_a_deaf_one_and_not_against_poison() -> None:
    name = "claim_07_redelivery"
    slowest_s = values(name, "delivery_latency_p99")
    assert slowest_s[1] < 0.7 * slowest_s[0]
    parked, lets_through = values(name, "parked"), values(name, "delivered")
    assert parked[2] == parked[3] > 0
    assert lets_through[4] < lets_through[5]
    deliveries = values(name, "deliveries_per_message")
    assert min(deliveries[4:6]) > 5 > max(deliveries[2], deliveries[3], deliveries[6])


def test_ids_are_forgotten_as_the_memory_is_bounded() -> None:
    twice = values("claim_10_unique_ids", "duplicated")
    assert twice[0] > twice[1] > 5 * twice[2] > 0 == twice[3] == twice[4]
    assert twice[0] == twice[5] > 5 * twice[6]
    assert twice[6] >= twice[7] > 0  # whose consumers died


def test_poison_that_kills_takes_its_neighbours_with_it() -> None:
    name = "poison_with_prefetch"
    one, ten, hundred, rejected, requeued = values(name, "parked")
    assert one == rejected == requeued
    assert 0 < 2 * one < ten < hundred / 2


def test_a_delivery_limit_drops_what_was_never_tried() -> None:
    name = "delivery_limit_20"
    lost, pending = values(name, "silent_loss"), values(name, "pending")
    assert lost[0] == lost[2] == lost[3] == lost[4] == 0 < lost[1] < lost[5]
    assert caused(name, "DELIVERY_LIMIT")[5] == round(lost[5] * 10 * 150)
    assert pending[0] > 0.1
    assert pending[1:] == [0] * 5


def test_the_consuming_side_cannot_mend_the_way_in() -> None:
    name = "003_consuming_side_only"
    on_the_way = caused(name, "NETWORK")
    assert on_the_way[0] == on_the_way[1] > 0 == on_the_way[2]
    assert caused(name, "AUTO_ACK")[0] > 0
    assert caused(name, "AUTO_ACK")[1:] == [0, 0]
    assert values(name, "lost")[2] == 0
    twice = values(name, "duplicated")
    assert 0 == twice[0] < twice[1] < twice[2]


def test_a_bus_that_swallows_errors_loses_silently() -> None:
    name = "003_event_bus"
    swallowed = caused(name, "HANDLER_ERROR")
    assert swallowed[0] > 0 == swallowed[1] == swallowed[2]
    assert values(name, "silent_loss")[0] == values(name, "lost")[0] > 0
    assert values(name, "lost")[1:] == [0, 0]
    assert values(name, "delivered")[1] == 1
    parked = values(name, "dead_lettered")
    assert parked[:2] == [0, 0]
    assert 0 < parked[2] < 0.02


def test_repeating_the_acknowledgement_repeats_no_work() -> None:
    name = "004_retries_the_acknowledgement"
    silent, dead = values(name, "silent_loss"), values(name, "dead_lettered")
    assert silent[0] == pytest.approx(0.2, abs=5 * (0.2 * 0.8 / 5000) ** 0.5)
    assert silent[1] == 0
    assert dead[0] == 0 < dead[1] < silent[0]
    assert values(name, "deliveries_per_message")[0] == 1
