from __future__ import annotations

import subprocess
import sys

import pytest

import sim
from sim.config import load
from sim.runner import Result, run

HEAVY = ("numpy", "scipy", "pydantic", "matplotlib", "pandas", "simpy", "rich")


def loaded_by(statement: str) -> set[str]:
    """Return which of the heavy libraries *statement* imports in a fresh interpreter."""
    script = f"{statement}\nimport sys\nprint(*sys.modules)"
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(ran.stdout.split()) & {*HEAVY, "matplotlib.pyplot", "scipy.stats"}


def test_the_package_offers_what_a_notebook_needs():
    assert sim.load is load
    assert sim.Result is Result
    assert set(sim.__all__) <= set(dir(sim))
    assert all(callable(getattr(sim, name)) for name in sim.__all__)


def test_run_is_the_function():
    assert sim.run is run


def test_what_is_not_there_is_refused():
    with pytest.raises(AttributeError, match="module 'sim' has no attribute 'walk'"):
        _ = sim.walk


def test_the_package_imports_nothing_until_it_is_asked():
    assert loaded_by("import sim") == set()


def test_reading_a_file_needs_no_plots_no_frames_and_no_statistics():
    assert not loaded_by("import sim\nsim.load") & {"matplotlib", "pandas", "scipy.stats"}


def test_running_needs_no_plots_and_no_frames():
    assert not loaded_by("import sim\nsim.run") & {"matplotlib", "pandas"}


def test_plots_leave_pyplot_alone():
    assert "matplotlib.pyplot" not in loaded_by("import sim.plots")
