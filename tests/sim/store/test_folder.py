"""A stored result is the result, bytes and all; what is not is refused with its name."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim.executors import Processes
from sim.json_result import to_json
from sim.runner import run
from sim.store import StoreError, listed, open_result, place_of
from sim.store.tables import table_bytes
from tests.sim.store.kept import ALL, PLAIN, RARE, bytes_of, folder_of, kept_in, made


@pytest.mark.parametrize("mapping", ALL.values(), ids=ALL)
def test_it_comes_back_as_it_was(mapping, tmp_path):
    experiment = made(mapping)
    fresh = run(experiment)
    path = kept_in(experiment, tmp_path)
    assert to_json(open_result(path)) == to_json(fresh)
    with folder_of(experiment, tmp_path) as folder:
        again = folder.result()
    assert to_json(again) == to_json(fresh)
    for point, other in zip(again.points, fresh.points, strict=True):
        assert repr(point.estimates) == repr(other.estimates)  # nan is not nan
        for sample, same in zip(point.samples, other.samples, strict=True):
            assert sample.parts == same.parts
            np.testing.assert_array_equal(sample.confirm.within, same.confirm.within)
            assert len(sample.batches) == len(same.batches)
            assert (sample.course is None) == (same.course is None)


@pytest.mark.parametrize("mapping", ALL.values(), ids=ALL)
def test_the_bytes_are_the_same_after_a_stop_anywhere(mapping, tmp_path):
    experiment = made(mapping)
    whole = bytes_of(kept_in(experiment, tmp_path / "whole"))

    class StoppedError(Exception):
        pass

    stops = 0
    while True:
        with folder_of(experiment, tmp_path / "stopped") as folder:
            folder.begin()
            kept = iter(range(1))

            class Memory:
                recall = folder.recall

                @staticmethod
                def keep(*what, keep=folder.keep, kept=kept):
                    keep(*what)
                    if next(kept, None) is None:
                        raise StoppedError

            try:
                folder.finish(run(experiment, memory=Memory))
                break
            except StoppedError:
                stops += 1
    assert stops >= 2
    assert bytes_of(folder.path) == whole


def test_the_bytes_are_the_same_with_two_workers(tmp_path):
    experiment = made(RARE)
    one = kept_in(experiment, tmp_path / "one")
    two = kept_in(experiment, tmp_path / "two", executor=Processes(2))
    assert one.name == two.name
    assert bytes_of(one) == bytes_of(two)
    assert set(bytes_of(one)) == {
        "experiment.json",
        "manifest.json",
        "points.parquet",
        "replications.parquet",
        "rare.parquet",
    }


def test_the_tables_can_be_read_elsewhere(tmp_path):
    experiment = made(PLAIN)
    path = kept_in(experiment, tmp_path)
    points = pd.read_parquet(path / "points.parquet")
    assert points["producer.retries"].tolist() == [0, 0, 3, 3]
    fresh = run(experiment)
    assert points["lost"].tolist() == [point.estimates["lost"].value for point in fresh.points]
    assert points["lost_high"].tolist() == [point.estimates["lost"].high for point in fresh.points]
    replications = pd.read_parquet(path / "replications.parquet")
    assert replications.groupby("point").size().tolist() == [3] * 4
    sums = replications.groupby("point")[["lost_numerator", "lost_denominator"]].sum()
    assert (sums["lost_numerator"] / sums["lost_denominator"]).tolist() == points["lost"].tolist()


def test_files_that_the_experiment_names_are_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "times.csv").write_text("0.001\n0.002\n", encoding="utf-8")
    experiment = made(
        {**PLAIN, "disk": {"sync": {"law": "empirical", "file": "times.csv"}}, "sweep": {}}
    )
    path = kept_in(experiment, tmp_path / "results")
    (tmp_path / "times.csv").unlink()
    assert open_result(path).experiment.hash == experiment.hash


# What is there already.


class Counting:
    """A memory that counts what it did not know."""

    def __init__(self, folder):
        self.folder = folder
        self.played = 0

    def recall(self, *asked):
        return self.folder.recall(*asked)

    def keep(self, subject, task, results):
        self.played += len(results)
        self.folder.keep(subject, task, results)


def played(experiment, results):
    """Run and keep *experiment*; return how many replications had to be played."""
    with folder_of(experiment, results) as folder:
        counting = Counting(folder)
        folder.finish(run(experiment, memory=counting))
        return counting.played


def test_added_replications_are_all_that_is_played(tmp_path):
    assert played(made(PLAIN), tmp_path) == 12
    assert played(made(PLAIN, replications=5), tmp_path) == 4 * 2
    alone = kept_in(made(PLAIN, replications=5), tmp_path / "alone")
    both = place_of(made(PLAIN, replications=5), "kept", tmp_path)
    assert bytes_of(both) == bytes_of(alone)


def test_added_points_are_all_that_is_played(tmp_path):
    assert played(made(PLAIN), tmp_path) == 12
    more = {**PLAIN, "sweep": {**PLAIN["sweep"], "producer.retries": [0, 1, 3]}}
    assert played(made(more), tmp_path) == 2 * 3


@pytest.mark.parametrize("change", [{"seed": 6}, {"producer": {"timeout": "1 s"}}])
def test_another_system_or_seed_shares_nothing(tmp_path, change):
    played(made(PLAIN), tmp_path)
    assert played(made({**PLAIN, **change}), tmp_path) == 12


def test_what_is_asked_of_the_same_runs_changes_none_of_them(tmp_path):
    played(made(PLAIN), tmp_path)
    assert played(made({**PLAIN, "check": {"formulas": []}}, confidence=0.9), tmp_path) == 0


def test_tilted_replications_are_not_shared_since_their_pilot_may_differ(tmp_path):
    played(made(RARE), tmp_path)
    with folder_of(made(RARE, replications=60), tmp_path) as folder:
        counting = Counting(folder)
        run(made(RARE, replications=60), memory=counting)
    # Of both points the ten plain ones are known, and nothing else.
    assert counting.played > 2 * 60


# What is wrong.


def test_a_damaged_piece_is_told_and_played_again(tmp_path):
    experiment = made(PLAIN)
    whole = bytes_of(kept_in(experiment, tmp_path / "whole"))
    with folder_of(experiment, tmp_path / "other") as folder:
        run(experiment, memory=folder)
        pieces = sorted((folder.path / "pieces").iterdir())
        pieces[1].write_bytes(pieces[1].read_bytes()[:-7])
        pieces[2].write_bytes(b"")
    with folder_of(experiment, tmp_path / "other") as folder:
        folder.begin()
        folder.finish(run(experiment, memory=folder))
        assert sorted(folder.pieces.damaged) == pieces[1:3]
        assert bytes_of(folder.path) == whole


def test_a_damaged_table_is_named(tmp_path):
    path = kept_in(made(PLAIN), tmp_path)
    table = path / "points.parquet"
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    with pytest.raises(StoreError, match=r"points\.parquet is damaged"):
        open_result(path)
    with (
        folder_of(made(PLAIN), tmp_path) as folder,
        pytest.raises(StoreError, match=r"points\.parquet is damaged"),
    ):
        folder.result()


def test_a_damaged_sibling_is_not_believed(tmp_path):
    path = kept_in(made(PLAIN), tmp_path)
    table = path / "replications.parquet"
    table.write_bytes(table.read_bytes()[:-1])
    assert played(made(PLAIN, replications=4), tmp_path) == 16


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "holds no result of msgfate"),
        ({"experiment.json": "{}"}, "is not complete"),
        ({"experiment.json": "{}", "manifest.json": "{"}, "manifest.json cannot be read"),
        ({"experiment.json": "{}", "manifest.json": '{"format": 0}'}, "not of this version"),
        (
            {"experiment.json": "{}", "manifest.json": '{"format": 1}'},
            "manifest.json is not what was written: it tells no complete",
        ),
    ],
)
def test_a_foreign_folder_is_named(tmp_path, content, message):
    for name, text in content.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(StoreError, match=message):
        open_result(tmp_path)


def test_a_foreign_folder_beside_it_stops_nobody(tmp_path):
    for content in ("{", '{"format": 1}', "[]"):
        foreign = tmp_path / f"foreign-{len(content)}"
        foreign.mkdir()
        (foreign / "manifest.json").write_text(content, encoding="utf-8")
        (foreign / "experiment.json").write_text("{}", encoding="utf-8")
    assert played(made(PLAIN), tmp_path) == 12
    assert sum(one.complete for one in listed(tmp_path)) == 1


def test_a_damaged_experiment_is_named(tmp_path):
    path = kept_in(made(PLAIN), tmp_path)
    (path / "experiment.json").write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match=r"experiment\.json cannot be read"):
        open_result(path)
    with folder_of(made(PLAIN), tmp_path) as folder:
        assert folder.result() is not None  # and it is mended
    assert open_result(path).experiment.title == "Lost ones"


def test_columns_of_another_version_are_refused(tmp_path):
    path = kept_in(made(PLAIN), tmp_path)
    table = pq.read_table(path / "replications.parquet").drop_columns(["lost_numerator"])
    content = table_bytes(table)
    (path / "replications.parquet").write_bytes(content)
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    manifest["tables"]["replications.parquet"] = hashlib.sha256(content).hexdigest()
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(StoreError, match="is not of this version of msgfate"):
        open_result(path)


def test_a_seed_may_be_larger_than_a_column_takes(tmp_path):
    seeds = [1, 10**30]
    experiment = made({**PLAIN, "sweep": {"seed": seeds}})
    path = kept_in(experiment, tmp_path)
    assert [point.parameters["seed"] for point in open_result(path).points] == seeds
    assert pd.read_parquet(path / "points.parquet")["seed"].tolist() == ["1", str(10**30)]


def test_two_runs_do_not_write_one_folder(tmp_path):
    experiment = made(PLAIN)
    with (
        folder_of(experiment, tmp_path),
        pytest.raises(StoreError, match="is being written by another run"),
        folder_of(experiment, tmp_path),
    ):
        pass


def test_what_was_left_half_written_is_removed(tmp_path):
    experiment = made(PLAIN)
    path = kept_in(experiment, tmp_path)
    left = path / ".msgfate-123.tmp"
    left.write_text("half")
    with folder_of(experiment, tmp_path) as folder:
        assert folder.result() is not None
    assert not left.exists()


def test_who_was_stopped_while_removing_pieces_is_helped(tmp_path):
    experiment = made(PLAIN)
    path = kept_in(experiment, tmp_path)
    (path / "pieces").mkdir()
    (path / "pieces" / "rest").write_text("x")
    (path / "pieces" / "folder").mkdir()
    with folder_of(experiment, tmp_path) as folder:
        assert folder.result() is not None
    assert not (path / "pieces").exists()


def test_a_point_that_failed_is_told_and_tried_again(tmp_path, monkeypatch):
    experiment = made(PLAIN)
    whole = bytes_of(kept_in(experiment, tmp_path / "whole"))
    real = run.__globals__["evaluate"]

    def poisoned(point, parameters, *rest):
        if parameters == {"producer.retries": 0, "network.publish.loss": 0.3}:
            raise ValueError("poison")
        return real(point, parameters, *rest)

    monkeypatch.setitem(run.__globals__, "evaluate", poisoned)
    path = kept_in(experiment, tmp_path / "other")
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    assert not manifest["complete"]
    result = open_result(path)
    assert len(result.points) == 3
    assert [failure.text for failure in result.failures] == ["ValueError: poison"]
    [told] = listed(tmp_path / "other")
    assert told.problem == "1 points failed"
    monkeypatch.setitem(run.__globals__, "evaluate", real)
    with folder_of(experiment, tmp_path / "other") as folder:
        assert folder.result() is None
        counting = Counting(folder)
        folder.finish(run(experiment, memory=counting))
        assert counting.played == 0  # its replications had been played
    assert bytes_of(path) == whole


def test_what_there_is_is_listed(tmp_path):
    assert listed(tmp_path / "none") == []
    path = kept_in(made(PLAIN), tmp_path)
    (tmp_path / "other").mkdir()
    with folder_of(made({**PLAIN, "seed": 1}), tmp_path) as begun:
        begun.begin()
    told = {one.path: one for one in listed(tmp_path)}
    assert set(told) == {path, begun.path}
    assert (told[path].title, told[path].seed, told[path].points) == ("Lost ones", 5, 4)
    assert (told[path].replications, told[path].messages) == (12, 3600)
    assert told[path].complete
    assert told[path].current
    assert told[begun.path].problem == "not complete, 0 pieces"
