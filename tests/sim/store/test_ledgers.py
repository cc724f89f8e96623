"""Ledgers on disk hold every fact, in the order of their times, and are written once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from sim.cli.app import app
from sim.config import from_mapping
from sim.store.ledgers import Ledgers, ledger_table
from sim.system import simulate
from tests.sim.store.kept import PLAIN

CRASHING = {
    **PLAIN,
    "disk": {"policy": "interval", "interval": "1 s"},
    "broker": {"confirm_when": "written"},
    "consumer": {"failure": 0.2, "start": "5 s"},
    "faults": [{"target": "broker", "kind": "power_loss", "at": ["2.5 s"], "lasts": "1 s"}],
    "sweep": {},
}
GROUPS = {**PLAIN, "broker": {"routing": "fanout"}, "consumer": {"groups": 2}, "sweep": {}}


@pytest.mark.parametrize("mapping", [CRASHING, GROUPS])
def test_every_fact_is_a_row(mapping):
    ledger = simulate(from_mapping(mapping), 0).ledger
    table = ledger_table(ledger).to_pandas()
    books = {id(book): book for book in (ledger, *ledger.groups)}.values()
    every = {id(facts): facts for book in books for facts in book.kinds.values()}
    facts = sum(len(one) for one in every.values())
    assert len(table) == facts + len(ledger.crashes) + len(ledger.restarts)
    assert table["time_s"].is_monotonic_increasing
    counts = table["fact"].value_counts()
    assert counts["created"] == len(ledger.created)
    assert counts["effected"] == sum(len(group.effected) for group in ledger.groups)


def test_reasons_are_words():
    table = ledger_table(simulate(from_mapping(CRASHING), 0).ledger).to_pandas()
    assert "page_cache" in set(table[table["fact"] == "dropped"]["cause"])
    assert "acknowledged" in set(table[table["fact"] == "removed"]["cause"])
    crash = table[table["fact"] == "crash"].iloc[0]
    assert (crash["component"], crash["kind"], crash["time_s"]) == ("broker", "power_loss", 2.5)


def test_groups_have_their_own_and_share_what_is_before_them():
    table = ledger_table(simulate(from_mapping(GROUPS), 0).ledger).to_pandas()
    assert set(table[table["fact"] == "effected"]["group"]) == {0, 1}
    assert table[table["fact"] == "created"]["group"].isna().all()


def test_they_are_kept_if_asked_for_and_written_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x.toml").write_text(
        "run = { messages = 50, replications = 2, warmup = 0 }\n"
        "check.formulas = []\nsweep = { 'producer.retries' = [0, 1] }\n"
    )

    def run(*arguments):
        command = ["run", "x.toml", "--no-plot", *arguments]
        return CliRunner().invoke(app, command, catch_exceptions=False)

    assert "ledgers" not in run().stderr
    assert "4 ledgers written" in run("--ledgers").stderr
    paths = sorted(Path("results").glob("*/ledgers/*.parquet"))
    assert [path.name.split(".")[0] for path in paths] == ["0-0", "0-1", "1-0", "1-1"]
    assert (pd.read_parquet(paths[3])["fact"] == "created").sum() == 50
    paths[1].write_bytes(b"damaged")
    assert "1 ledgers written" in run("--ledgers", "--workers", "2").stderr
    assert run("--ledgers", "--no-store").exit_code == 2


def test_what_cannot_be_played_again_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x.toml").write_text("run = { messages = 50, replications = 2, warmup = 0 }\n")

    def poisoned(*_):
        raise ValueError("poison")

    monkeypatch.setattr("sim.store.ledgers.simulate", poisoned)
    ran = CliRunner().invoke(app, ["run", "x.toml", "--no-plot", "-q", "--ledgers"])
    assert ran.exit_code == 2
    assert ran.stderr == "the ledgers of point 1 are missing: ValueError: poison\n"


def test_what_was_left_half_written_is_removed(tmp_path):
    left = tmp_path / ".msgfate-123.tmp"
    left.write_text("half")
    Ledgers(tmp_path)
    assert not left.exists()
