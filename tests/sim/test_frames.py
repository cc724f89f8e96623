from __future__ import annotations

import math
from dataclasses import replace

import sim
from sim.measures import MEASURES
from tests.sim.made import NAN, a_check, a_point, a_result, retry_sweep


def test_the_outcome_matrix_has_beliefs_by_fates():
    frame = sim.outcome_frame(a_point())
    assert frame.loc["confirmed", "once"] == 1800
    assert frame.loc["failed", "lost"] == 20
    assert frame.shape == (3, 5)
    assert frame.to_numpy().sum() == 2000


def test_a_point_has_a_row_per_estimate():
    frame = sim.estimate_frame(a_point(estimates={"lost": (0.1, 0.09, 0.11)}))
    assert list(frame.index) == list(MEASURES)
    assert tuple(frame.loc["lost", ["value", "low", "high"]]) == (0.1, 0.09, 0.11)


def test_a_result_has_a_row_per_point():
    frame = sim.point_frame(retry_sweep(lost=[(0.1, 0.09, 0.11), (NAN, NAN, NAN)]))
    assert list(frame["producer.retries"]) == [0, 1]
    assert tuple(frame.loc[0, ["lost", "lost_low", "lost_high"]]) == (0.1, 0.09, 0.11)
    assert math.isnan(frame.loc[1, "lost"])


def test_checks_have_a_row_each_with_the_parameters_of_their_point():
    points = [
        a_point(parameters={"producer.retries": retries}, checks=[a_check(), a_check("R(t)")])
        for retries in (0, 1)
    ]
    frame = sim.check_frame(a_result(*points))
    assert list(frame["name"]) == ["P_ack", "R(t)"] * 2
    assert list(frame["producer.retries"]) == [0, 0, 1, 1]
    assert set(frame["verdict"]) == {"agrees"}


def test_a_result_is_told_with_its_intervals():
    frame = sim.told_frame(retry_sweep(lost=[(0.1, 0.09, 0.11), (0.0, 0.0, 1e-4)]), "lost")
    assert frame.index.name == "retries"
    assert list(frame.index) == ["0", "1"]
    assert list(frame["lost"]) == ["10.0 % (9.0 to 11.0 %)", "none seen, below 1.0e-4"]


def test_a_point_alone_is_told_without_a_name():
    frame = sim.told_frame(a_result(a_point(estimates={"lost": (NAN, NAN, NAN)})), "lost")
    assert frame.shape == (1, 1)
    assert frame.loc[0, "lost"].startswith("not defined")


def test_a_result_without_checks_has_an_empty_table_of_them():
    sweep = retry_sweep(lost=[(0.1, 0.09, 0.11)])
    empty = sim.check_frame(sweep)
    full = sim.check_frame(
        a_result(a_point(parameters={"producer.retries": 0}, checks=[a_check()]))
    )
    assert list(empty.columns) == list(full.columns)
    assert empty.empty
    assert empty[empty["verdict"] == "disagrees"][["producer.retries", "name"]].empty


def test_a_result_of_which_every_point_failed_has_empty_tables_with_their_columns():
    result = retry_sweep(lost=[(0.1, 0.09, 0.11)] * 2)
    failed = replace(result, points=())
    for frame in (sim.point_frame, sim.check_frame, lambda r: sim.told_frame(r, "lost")):
        assert frame(failed).empty
        assert list(frame(failed).columns) == list(frame(result).columns)
        assert frame(failed).index.name == frame(result).index.name
    nothing = sim.estimate_frame(replace(a_point(), estimates={}))
    assert nothing.empty
    assert list(nothing.columns) == list(sim.estimate_frame(a_point()).columns)
