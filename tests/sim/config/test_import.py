import subprocess
import sys

HEAVY = ("pandas", "matplotlib", "simpy", "typer", "rich")


def test_reading_a_file_needs_no_heavy_library():
    code = f"import sys, sim.config; print([name for name in {HEAVY} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert shown.stdout.strip() == "[]"
