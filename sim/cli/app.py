"""The commands of `msgfate`, their options and what they promise.

Exit codes: 0; 1 when a check disagrees; 2 for bad input, with nothing written, and for a file that
cannot be written; 3 when a point failed; 130 when interrupted.
"""

import io
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from sim.cli import deciding, stored, tracing
from sim.cli.arguments import Cluster as _Cluster
from sim.cli.arguments import File as _File
from sim.cli.arguments import JsonPath as _JsonPath
from sim.cli.arguments import NoStore as _NoStore
from sim.cli.arguments import Overrides as _Overrides
from sim.cli.arguments import Results as _Results
from sim.cli.arguments import Workers as _Workers
from sim.cli.effort import RESULTS, effort_of
from sim.cli.leaving import BAD_INPUT, leave

# The commands import what they need only when they are called: to read the help, nobody should
# have to wait for scipy, pydantic and matplotlib (2 s).

_HELP = (
    "What becomes of a message? A simulator of delivery guarantees.\n\n"
    "An experiment file (TOML) describes a system, its faults and what is varied; "
    "[bold]run[/bold] tells what producers believe, what became of their messages, "
    "and how sure that is."
)
_EPILOG = (
    "Exit codes: 0; 1 if a check disagrees; 2 for bad input (then nothing is written); "
    "3 if a point failed; 130 if interrupted."
)

app = typer.Typer(
    name="msgfate",
    help=_HELP,
    epilog=_EPILOG,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a sign shows another one: no reason to stop.
            stream.reconfigure(errors="replace")
    app(prog_name="msgfate")


def _show_version(wanted: bool) -> None:
    if wanted:
        from sim.versions import versions  # noqa: PLC0415 - see above

        typer.echo(f"msgfate {versions()['msgfate']}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and leave."
        ),
    ] = False,
) -> None:
    pass


_Seed = Annotated[
    int | None, typer.Option(help="The same as --set seed=N.", metavar="N", show_default=False)
]
_Replications = Annotated[
    int | None,
    typer.Option(help="The same as --set run.replications=N.", metavar="N", show_default=False),
]
_PlotPath = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="PATH",
        help="Where the plot goes: .png, .svg or .pdf. Default: results/<name of FILE>.png.",
        show_default=False,
    ),
]
_NoPlot = Annotated[bool, typer.Option("--no-plot", metavar="", help="Draw no plot.")]
_Details = Annotated[
    bool, typer.Option("--details", metavar="", help="Of a sweep, all tables of each point.")
]
_Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", metavar="", help="No progress, no tables, only the summary."),
]


@app.command(epilog=_EPILOG)
def run(
    file: _File,
    overrides: _Overrides = None,
    seed: _Seed = None,
    replications: _Replications = None,
    json_path: _JsonPath = None,
    plot_path: _PlotPath = None,
    no_plot: _NoPlot = False,
    details: _Details = False,
    quiet: _Quiet = False,
    workers: _Workers = None,
    cluster: _Cluster = None,
    results: _Results = RESULTS,
    no_store: _NoStore = False,
    ledgers: Annotated[
        bool,
        typer.Option(
            "--ledgers", metavar="", help="Keep every fact of each replication, too, as Parquet."
        ),
    ] = False,
) -> None:
    """Run an experiment: tables on the screen, a plot, and JSON if wanted.

    What is done is kept at once. Stopped at any moment, the same command goes on from there; when
    all is done, it only shows the result.
    """
    if no_plot and plot_path is not None:
        raise typer.BadParameter("--plot and --no-plot exclude each other")

    def carry_out() -> int:
        from sim.cli.order import Order, read  # noqa: PLC0415 - see above

        order = Order(
            file=file,
            overrides=(*(overrides or ()), *_as_overrides(seed, replications)),
            json_path=json_path,
            plot_path=None if no_plot else plot_path or Path("results", f"{file.stem}.png"),
            details=details,
            quiet=quiet,
            effort=effort_of(workers, cluster, None if no_store else results, ledgers=ledgers),
        )
        experiment = read(order)  # before anything slow is imported
        from sim.cli import execution  # noqa: PLC0415 - see above

        return execution.carry_out(order, experiment)

    leave(carry_out)


def _as_overrides(seed: int | None, replications: int | None) -> list[str]:
    values = {"seed": seed, "run.replications": replications}
    return [f"{key}={value}" for key, value in values.items() if value is not None]


@app.command()
def explain(
    file: _File,
    overrides: _Overrides = None,
    examples: Annotated[
        bool,
        typer.Option(
            "--examples", metavar="", help="Show for each weakness a message that it befell."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="As JSON.")] = False,
) -> None:
    """Say what a file promises, what breaks the promise, and which closed forms hold."""

    def carry_out() -> int:
        from sim.cli.explanation import show_explanation  # noqa: PLC0415 - see above

        show_explanation(file, overrides or (), examples=examples, as_json=as_json)
        return 0

    leave(carry_out)


app.command()(deciding.compare)
app.command()(tracing.trace)
app.command()(deciding.best)
app.command()(deciding.sensitivity)
app.command()(stored.plot)
app.command()(stored.report)
app.command()(stored.results)


@app.command()
def presets(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Presets to show: one with its sources, several side by side; none: the list.",
            show_default=False,
        ),
    ] = None,
    as_toml: Annotated[
        bool, typer.Option("--toml", metavar="", help="One preset as a file to start from.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="As JSON.")] = False,
) -> None:
    """Show the presets: real systems' documented defaults, and where they were read."""
    from sim.cli.presets import UnknownPresetError, show_presets  # noqa: PLC0415 - see above

    if as_toml and (as_json or len(names or ()) != 1):
        raise typer.BadParameter("--toml takes one NAME, and no --json")
    try:
        show_presets(names or (), as_toml=as_toml, as_json=as_json)
    except UnknownPresetError as error:
        typer.echo(error, err=True)
        raise typer.Exit(BAD_INPUT) from None


@app.command()
def schema() -> None:
    """Print the JSON Schema of the experiment file, for editors and other programs."""
    from sim.cli.screen import Screen  # noqa: PLC0415 - see above
    from sim.config import json_schema  # noqa: PLC0415 - see above

    Screen().write(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
