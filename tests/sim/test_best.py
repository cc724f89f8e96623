"""The best point of a sweep among those that surely do what is asked."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from sim.best import choose
from sim.cli.app import app
from sim.comparison import compare
from sim.constraints import Holds, parse
from sim.front import Objective, standings
from sim.json_best import best_json
from sim.tables.best import best_sentence, condition_table, objective_table
from tests.sim.made import a_point, a_result, a_sample

SENDS = Objective("sends_per_message")
FILE = """
    title = "Losses"
    [run]
    messages = 200
    replications = 5
    warmup = 0
    [producer]
    arrivals = { law = "regular", rate = "10/s" }
    [network.publish]
    loss = 0.5
    [sweep]
    "producer.retries" = [0, 1, 6]
"""


def a_sweep(*rows):
    """Points of (interval of lost, sends of each replication of 100 messages)."""
    points = []
    for number, (lost, sends) in enumerate(rows):
        samples = [
            replace(
                a_sample(replication=place),
                parts={"sends_per_message": (float(one), 100.0), "lost": (lost[0] * 100, 100.0)},
            )
            for place, one in enumerate(sends)
        ]
        value = float(np.mean(sends)) / 100
        estimates = {"lost": lost, "sends_per_message": (value, value - 0.01, value + 0.01)}
        points.append(
            a_point(parameters={"producer.retries": number}, samples=samples, estimates=estimates)
        )
    return a_result(*points, sweep={"producer.retries": list(range(len(rows)))})


SURE, OPEN, NOT = (0.01, 0.005, 0.02), (0.04, 0.01, 0.08), (0.2, 0.1, 0.3)
RESULT = a_sweep(
    (NOT, [100, 101, 102]),
    (OPEN, [110, 112, 111]),
    (SURE, [132, 134, 133]),
    (SURE, [121, 122, 123]),
)
ASKED = [parse("lost <= 5 %")]


def place(candidate):
    return candidate.point.parameters["producer.retries"]


def shown(*tables):
    console = Console(width=100, record=True)
    for table in tables:
        console.print(table)
    return console.export_text()


def test_the_best_is_the_best_of_those_that_surely_do_what_is_asked():
    choice = choose(RESULT, ASKED, [SENDS])
    assert place(choice.best) == 3
    assert [place(one) for one in choice.candidates] == [3, 2, 1, 0]
    assert [one.holds for one in choice.candidates] == [
        Holds.SURELY,
        Holds.SURELY,
        Holds.OPEN,
        Holds.NOT,
    ]
    assert place(choice.tempting) == 1


def test_the_highest_may_be_the_best():
    choice = choose(RESULT, ASKED, [Objective("sends_per_message", highest=True)])
    assert place(choice.best) == 2
    assert choice.tempting is None
    assert choice.next_one.value == pytest.approx(-0.11)


def test_what_the_next_one_costs_is_taken_on_the_same_luck():
    following = choose(RESULT, ASKED, [SENDS]).next_one
    sure = replace(RESULT, points=RESULT.points[2:])
    assert following == compare(sure, "sends_per_message").differences[0]
    assert following.value == pytest.approx(0.11)


def test_without_conditions_all_points_count():
    choice = choose(RESULT, [], [SENDS])
    assert place(choice.best) == 0
    assert condition_table(choice) is None
    assert best_sentence(choice).startswith(
        "Take retries = 0: of the 4 points that surely do what is asked"
    )


def test_if_none_surely_does_the_most_probable_is_told():
    choice = choose(RESULT, [parse("lost < 1 %")], [SENDS])
    assert choice.best is None
    assert place(choice.most_probable) == 3  # as probable as another, and better
    assert best_sentence(choice).startswith("No point surely does what is asked (lost < 1 %)")
    choice = choose(RESULT, [parse("lost < 1e-9")], [SENDS])
    assert choice.most_probable is None
    told = best_sentence(choice)
    assert told.startswith("No point does what is asked: lost < 1e-9 surely fails at each.")


def test_the_confidence_of_several_conditions_is_that_of_bonferroni():
    # Half-widths are two standard errors of one degree of freedom: see `a_point`.
    asked = [parse("lost <= 5 %"), parse("sends_per_message <= 1.12")]
    choice = choose(RESULT, asked, [SENDS])
    one = next(one for one in choice.candidates if place(one) == 1)
    each = [verdict.confidence for verdict in one.verdicts]
    assert all(0.5 < confidence < 1 for confidence in each)
    assert one.confidence == pytest.approx(sum(each) - 1)


def test_what_is_not_defined_is_never_best():
    nan = (math.nan,) * 3
    points = [
        a_point(parameters={"seed": n}, estimates={"lost": SURE, "confirm_latency_mean": latency})
        for n, latency in enumerate([nan, (0.2, 0.1, 0.3)])
    ]
    result = a_result(*points, sweep={"seed": [0, 1]})
    choice = choose(result, ASKED, [Objective("confirm_latency_p99")])
    assert choice.best is not None
    asked = [parse("confirm_latency_mean < 1 s")]
    choice = choose(result, asked, [Objective("confirm_latency_p99")])
    assert choice.best.point.parameters == {"seed": 1}
    assert choice.candidates[1].holds is Holds.OPEN
    assert math.isnan(choice.candidates[1].confidence)


# ---------------------------------------------------------------- two objectives


def both(*rows):
    """Points by (sends, copies) of each replication of 100 messages."""
    points = []
    for number, (sends, copies) in enumerate(rows):
        samples = [
            replace(
                a_sample(replication=place),
                parts={
                    "sends_per_message": (float(one), 100.0),
                    "copies_per_message": (float(other), 100.0),
                },
            )
            for place, (one, other) in enumerate(zip(sends, copies, strict=True))
        ]
        points.append(a_point(parameters={"seed": number}, samples=samples))
    return points


TWO = [SENDS, Objective("copies_per_message", highest=True)]


def test_the_front_are_those_that_no_other_beats():
    shared = np.array([0.0, 3.0, -2.0, 1.0])
    points = both(
        (100 + shared, 100 + shared),  # cheap
        (120 + shared, 150 + shared),  # good
        (121 + shared, 140 + shared),  # beaten by it
        (100 + shared, 100 + shared),  # the very same as the first
    )
    found = standings(points, TWO)
    assert [one.on for one in found] == [True, True, False, True]
    # Two that are alike are not told apart.
    assert [one.sure for one in found] == [False, True, True, False]


def test_what_noise_hides_is_not_sure():
    luck = np.random.default_rng(1)
    noise = luck.normal(0.0, 30.0, (3, 2, 6))
    points = both(*((100 + one, 100 + other) for one, other in noise))
    assert not any(one.sure for one in standings(points, TWO))


def test_of_many_results_a_front_that_is_sure_is_seldom_wrong():
    # Two points, the first truly on the front with the second: neither beats the other.
    luck = np.random.default_rng(2)
    wrong = 0
    for _ in range(200):
        shared = luck.normal(0.0, 5.0, 6)
        noise = luck.normal(0.0, 2.0, (2, 2, 6))
        points = both(
            (100 + shared + noise[0, 0], 100 + noise[0, 1]),
            (102 + shared + noise[1, 0], 102 + noise[1, 1]),
        )
        wrong += any(one.sure and not one.on for one in standings(points, TWO))
    assert wrong <= 22  # of 200 at 5 %, more come once in 10,000


def test_the_front_is_shown():
    result = a_result(
        *both(([100, 101, 102], [100, 101, 102]), ([120, 122, 121], [150, 152, 151])),
        sweep={"seed": [0, 1]},
    )
    choice = choose(result, [], TWO)
    assert choice.best is None
    told = best_sentence(choice)
    assert told == (
        "No other point beats these in least sends per message and most copies per message: "
        "seed = 0; seed = 1."
    )
    assert shown(objective_table(choice)).count("yes") == 2
    written = json.loads(best_json(result.experiment, choice))
    assert [one["front"] for one in written["points"]] == [True, True]


# ---------------------------------------------------------------- shown and written


def test_the_tables_tell_what_holds_and_what_is_best():
    choice = choose(RESULT, ASKED, [SENDS])
    text = shown(condition_table(choice), objective_table(choice))
    rows = [line.split() for line in text.splitlines() if line.strip()[:1].isdigit()]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "1", "2", "3"]
    assert "surely not" in text
    assert "least sends per message" in text
    told = best_sentence(choice)
    assert told.startswith(
        "Take retries = 3: of the 2 points that surely do what is asked it has the least sends "
        "per message, 1.22. The next, retries = 2, has 0.110 more ["
    )
    assert " retries = 1 would be better (1.11), but is open, " in told


def test_the_json_has_no_nan():
    choice = choose(RESULT, ASKED, [SENDS])
    written = json.loads(best_json(RESULT.experiment, choice))
    assert written["constraints"] == ["lost <= 5 %"]
    assert written["best"] == {"producer.retries": 3}
    assert written["next"]["parameters"] == {"producer.retries": 2}
    assert [point["feasible"] for point in written["points"]] == [
        *["surely"] * 2,
        "open",
        "surely not",
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.toml").write_text(FILE, encoding="utf-8")
    return tmp_path


def test_the_command_says_which_point_to_take(folder):
    asked = ["best", "x.toml", "--where", "lost <= 10 %", "--minimize", "sends_per_message"]
    ran = CliRunner().invoke(app, asked)
    assert ran.exit_code == 0, ran.output
    assert "Take retries = 6: the only point that surely does what is asked" in ran.stdout
    ran = CliRunner().invoke(app, [*asked, "--json", "out.json"])
    assert json.loads((folder / "out.json").read_text())["best"] == {"producer.retries": 6}
    ran = CliRunner().invoke(app, [*asked, "--json", "-"])
    assert json.loads(ran.stdout)["best"] == {"producer.retries": 6}


@pytest.mark.usefixtures("folder")
def test_all_mistakes_are_told_at_once():
    asked = ["best", "x.toml", "--where", "losst < 1", "--minimize", "sends", "--where", "lost"]
    ran = CliRunner().invoke(app, [*asked, "--set", "producer.retires=1"])
    assert ran.exit_code == 2
    lines = ran.stderr.splitlines()
    assert lines[0].startswith("producer.retires is not a known key")
    assert lines[1:] == [
        '--where must name an estimate, got "losst"; did you mean "lost"?',
        '--where must look like "lost <= 1e-6", with one of <= >= < >',
        '--minimize must name an estimate, got "sends"; did you mean "sends_per_message"?',
    ]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], "one --minimize or --maximize is needed"),
        (["--minimize", "lost", "--set", "sweep={}"], "there must be a [sweep]"),
        (["--minimize", "lost", "--json", "."], "--json must name a file"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_chosen_is_refused(more, words):
    ran = CliRunner().invoke(app, ["best", "x.toml", *more])
    assert ran.exit_code == 2
    assert words in ran.stderr.replace("\n", " ")
