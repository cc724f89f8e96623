from __future__ import annotations

import html
import json
import re
import tomllib
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

import sim
from sim.checks.check import Verdict
from sim.claims import judge_claims
from sim.numerals import count
from sim.report import figures, to_html
from sim.report import html as report_html
from sim.report.chosen import closely, ends
from sim.report.grid import Piece, from_rich, quiet
from sim.report.grid import cell as cell_of
from sim.report.markup import line, lines, prose
from sim.report.names import brief_names, numbers, units
from sim.report.reproduce import recipe
from sim.report.toml import file_text
from sim.result import Failure, Result
from sim.tables.checks import check_line
from sim.tables.rare import rare_sentence
from sim.tables.summary import sentence
from sim.tables.sweep import shown_estimates
from sim.totals import causes_of_loss, outcome_matrix
from sim.versions import versions
from sim.wording import interval_text, predicted_text, short_text, value_text

EXPERIMENTS = sorted(Path("experiments").rglob("*.toml"))
SCRIPT = '<script>alert("&")</script>'
VOID = {"meta", "br", "img", "link", "input", "hr", "source"}

LOSSY = {
    "title": f"A title {SCRIPT}",
    "question": f"Why? {SCRIPT}",
    "seed": 12,
    "run": {"messages": 300, "replications": 4, "warmup": "1 s"},
    "producer": {"retries": 1, "timeout": "100 ms", "backoff": {"law": "none"}},
    "network": {"publish": {"delay": "1 ms", "loss": 0.2, "ack_loss": 0.1}},
    "consumer": {"service": {"law": "exponential", "mean": "4 ms"}},
}
SWEEP = {
    **LOSSY,
    "sweep": {"producer.retries": [0, 1, 2]},
    "claims": [
        {
            "text": f"Nothing is lost {SCRIPT}",
            "source": "a rumour",
            "tests": [{"estimate": "lost", "at": {"producer.retries": 0}, "below": 0.001}],
        }
    ],
    "plot": {"x": "sends_per_message", "y": "lost"},
}
RARE = {
    **LOSSY,
    "run": {
        "messages": 100,
        "replications": 4,
        "warmup": "0 s",
        "rare": {"estimate": "lost"},
    },
    "network": {"publish": {"delay": "1 ms", "loss": 1e-4}},
}


class Page(HTMLParser):
    """What a page holds: its tags, each closed, and its tables as texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[tuple[str, list[list[str]]]] = []
        self._rows: list[list[str]] = []
        self._text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        assert len(attrs) == len(dict(attrs)), (tag, attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self._rows = []
        elif tag == "tr":
            self._rows.append([])
        if tag in ("th", "td", "caption"):
            self._text = []
        if tag == "br":
            self._text.append("\n")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())
        text = "".join(self._text).replace("\N{NO-BREAK SPACE}", " ")
        if tag in ("th", "td"):
            self._rows[-1].append(text)
        elif tag == "caption":
            self.caption = text
        elif tag == "table":
            self.tables.append((self.caption, self._rows))

    def handle_data(self, data):
        self._text.append(data)

    def values(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]


@cache
def result(kind: str):
    return sim.run(sim.from_mapping({"sweep": SWEEP, "rare": RARE, "one": LOSSY}[kind]))


@cache
def page(kind: str) -> str:
    return to_html(result(kind))


def words(text: str) -> str:
    """Return what a person reads of a page, in one line."""
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    told = html.unescape(re.sub(r"<[^>]+>", "", body))
    return " ".join(told.split())


def table(text: str, start: str) -> list[list[str]]:
    return tables(text, start)[0]


def tables(text: str, start: str = "") -> list[list[list[str]]]:
    return [rows for caption, rows in Page(text).tables if caption.startswith(start)]


KINDS = pytest.mark.parametrize("kind", ["sweep", "rare", "one"])


@KINDS
def test_every_tag_is_closed_and_every_id_is_unique(kind):
    shown = Page(page(kind))
    assert not shown.open
    ids = shown.values("id")
    assert len(ids) == len(set(ids))
    for place in (href for href in shown.values("href")):
        assert place.startswith("#")
        assert place[1:] in ids
    assert set(shown.values("aria-labelledby")) <= set(ids)


@KINDS
def test_nothing_is_loaded_from_elsewhere(kind):
    shown = Page(page(kind))
    assert all(uri.startswith("data:image/") for uri in shown.values("src"))
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in shown.tags}
    style = re.search(r"<style>(.*?)</style>", page(kind), re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style


@KINDS
def test_who_cannot_see_it_can_read_it(kind):
    shown = Page(page(kind))
    names = [tag for tag, _ in shown.tags]
    assert names.count("h1") == 1
    assert names.count("table") == names.count("caption")
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in shown.tags if tag == "th")
    assert all(attrs.get("alt") for tag, attrs in shown.tags if tag == "img")
    levels = [int(tag[1]) for tag in names if re.fullmatch("h[1-6]", tag)]
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_what_looks_like_a_tag_stays_text():
    assert "<script" not in page("sweep")
    assert f"A title {SCRIPT}" in words(page("sweep"))
    assert f"Nothing is lost {SCRIPT}" in words(page("sweep"))


def test_the_same_result_gives_the_same_bytes():
    again = sim.run(sim.from_mapping(SWEEP))
    assert to_html(again) == page("sweep")


def test_the_table_of_a_sweep_holds_each_value_with_its_interval():
    told = result("sweep")
    heading, *rows = table(page("sweep"), "3 points")
    assert heading[:2] == ["point", "producer.retries"]
    for place, (row, point) in enumerate(zip(rows, told.points, strict=True)):
        assert row[:2] == [str(place + 1), str(point.parameters["producer.retries"])]
        for name, cell in zip(shown_estimates(told), row[2:], strict=False):
            made = point.estimates[name]
            lines = cell.split("\n")
            if lines[0][0] in "<>":
                assert lines == [short_text(name, made)]
            else:
                assert lines[0] == value_text(name, made)
                assert ", ".join(lines[1:]) == interval_text(name, made)


def test_the_table_of_outcomes_adds_up_to_the_matrix():
    heading, *rows = table(page("sweep"), "What became of the messages")
    for row, point in zip(rows, result("sweep").points, strict=True):
        matrix = outcome_matrix(point)
        assert row[1] == count(int(matrix.sum()))
        numbers_shown = [int(cell.split("\n")[0].replace(",", "")) for cell in row[2:]]
        assert sum(numbers_shown) == matrix.sum()
        assert sorted(filter(None, numbers_shown)) == sorted(matrix[matrix > 0].tolist())
    assert any("reported loss" in cell for cell in heading)


def test_causes_of_loss_are_counted():
    heading, *rows = table(page("sweep"), "Causes of loss")
    assert heading == ["point", "lost in all", "network"]
    for row, point in zip(rows, result("sweep").points, strict=True):
        lost = count(causes_of_loss(point).get("network", 0))
        assert row[1:] == [lost, lost]


@pytest.mark.parametrize("kind", ["one", "sweep"])
def test_all_estimates_are_there(kind):
    text = page(kind)
    shown = [{row[0]: row[1:3] for row in rows[1:]} for rows in tables(text, "Estimates over")]
    for cells, point in zip(shown, result(kind).points, strict=True):
        for name, made in point.estimates.items():
            assert cells[name] == [value_text(name, made), interval_text(name, made)]


def test_the_answer_tells_what_happened_and_what_is_claimed():
    text, told = words(page("sweep")), result("sweep")
    for point in told.points:
        assert sentence(point) in text
    [judgement] = judge_claims(told)
    [_, row] = table(page("sweep"), "Claims")
    assert row[0] == f"{judgement.claim.text}\na rumour"
    assert row[1] == str(judgement.truth) == "false"
    assert "Lost (no effect, and never will have) is lowest at retries = 2: " in text


@pytest.mark.parametrize("kind", ["one", "sweep"])
def test_every_check_stands_beside_its_formula(kind):
    told, text = result(kind), page(kind)
    forms = {row[0].split("\n")[0]: row for row in table(text, "Closed forms that hold")[1:]}
    for point in told.points:
        for check in point.checks:
            row = forms[check.name]
            assert row[-1] == f"{check.formula}\n{check.source}"
    if kind == "one":
        for check in told.points[0].checks:
            name = check.estimate
            row = forms[check.name]
            assert row[1] == predicted_text(name, check, check.predicted)
            assert row[2:4] == [value_text(name, check), interval_text(name, check)]
            assert row[4].startswith(str(check.verdict))
    else:
        rows = [row for each in tables(text) for row in each]
        for name, point in zip(brief_names(told), told.points, strict=True):
            for check in point.checks:
                assert any(
                    row[0] == name
                    and predicted_text(check.estimate, check, check.predicted) in row
                    and value_text(check.estimate, check) in row
                    for row in rows
                )


@KINDS
def test_what_is_not_checked_is_told_with_its_reasons(kind):
    rows = table(page(kind), "Closed forms that do not hold")[1:]
    for point in result(kind).points:
        for form in point.skipped:
            assert any(row[0] == form.name and "\n".join(form.reasons) in row for row in rows), form


def test_a_check_that_disagrees_is_told_on_top():
    told = result("sweep")
    point = told.points[1]
    wrong = replace(point.checks[0], verdict=Verdict.DISAGREES, predicted=0.123)
    changed = replace(point, checks=(wrong, *point.checks[1:]))
    shown = to_html(replace(told, points=(told.points[0], changed, told.points[2])))
    top = words(shown[: shown.index('id="tables"')])
    line = check_line(wrong)
    assert f"At retries = 1: {line}" in top
    assert wrong.formula in top
    assert top.index(line) < top.index("In words")
    assert "disagree with the simulation" not in words(page("sweep"))


def test_points_that_failed_are_told_on_top():
    failed = Failure({"producer.retries": 9}, "ValueError: <nothing> left")
    shown = to_html(replace(result("sweep"), failures=(failed,)))
    assert "At producer.retries = 9: ValueError: <nothing> left" in words(shown)


def test_rare_events_and_doubts_are_told():
    told = result("rare")
    [point] = told.points
    assert point.rare is not None
    doubted = replace(point, rare=replace(point.rare, doubts=("lost rests on 3.1 events <only>",)))
    shown = to_html(replace(told, points=(doubted,)))
    top = words(shown[: shown.index('id="tables"')])
    assert "lost rests on 3.1 events <only>" in top
    assert rare_sentence(point) in top
    rows = {row[0]: row for row in table(shown, "Rare events")[1:]}
    made = point.rare.estimates["lost"]
    assert rows["lost"][1:3] == [value_text("lost", made), interval_text("lost", made)]
    assert "importance sampling" in words(shown)


def test_cautions_are_told_once_and_with_where_it_is_so():
    busy = {
        **SWEEP,
        "consumer": {"service": "20 ms"},
        "producer": {"arrivals": {"law": "poisson", "rate": "100/s"}},
    }
    busy["run"] = {"messages": 50, "replications": 2, "warmup": "0 s"}
    shown = to_html(sim.run(sim.from_mapping(busy)))
    top = words(shown[: shown.index('id="tables"')])
    assert top.count("the queue grows for ever") == 1
    assert "At all points: the load is 1.6 >= 1" in top


def test_all_that_is_needed_to_run_it_again_is_there():
    told = result("sweep")
    text = words(page("sweep"))
    assert told.experiment.hash in text
    assert "msgfate run experiment.toml" in text
    for name, version in versions().items():
        assert f"{name} {version}" in text
    [file] = re.findall(r"<pre tabindex=\"0\">(title.*?)</pre>", page("sweep"), re.DOTALL)[:1]
    again = sim.from_mapping(tomllib.loads(html.unescape(file)))
    assert again == told.experiment
    assert again.hash == told.experiment.hash


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_a_file_is_written_so_that_it_reads_the_same(path):
    experiment = sim.load(path)
    text, form = file_text(experiment.written)
    assert form == "TOML"
    assert tomllib.loads(text) == experiment.written
    for each in (experiment.as_file_mapping(), next(experiment.points()).experiment.written):
        assert tomllib.loads(file_text(each)[0]) == each


@pytest.mark.parametrize(
    "written",
    [
        {"a.b": {"c d": 1, "": {"law": "none"}}, "x": []},
        {"faults": [{"at": ["1 s"], "deep": {"k": {"law": "x"}}}], "z": {}},
        {"text": 'a "quoted"\nline\t\\ \x7f é', "inf": float("inf"), "yes": True},
        {"long": ["x" * 40, "y" * 40, "z" * 40], "table": {"inner": {"empty": {}}}},
    ],
)
def test_odd_files_are_written_as_toml_too(written):
    text, form = file_text(written)
    assert form == "TOML"
    assert tomllib.loads(text) == written


def test_what_toml_cannot_say_is_json():
    text, form = file_text({"run": {"precision": None}, "who": SCRIPT})
    assert form == "JSON"
    assert json.loads(text) == {"run": {"precision": None}, "who": SCRIPT}


def test_of_too_many_points_those_that_matter_are_shown(monkeypatch):
    monkeypatch.setattr(report_html, "MOST_POINTS", 2)
    told = result("sweep")
    shown = to_html(told)
    assert closely(told, 2) == [0, 2]  # most and least is lost there
    assert ends(told, "lost").lowest == (2,)
    assert 'id="point-2"' not in shown
    assert "Of 1 point all that is told stands in the tables of all points." in words(shown)
    assert len(table(shown, "3 points")) == 4
    assert not [link for link in Page(shown).values("href") if link == "#point-2"]


def test_keys_that_add_nothing_are_left_out_of_short_names():
    point = result("one").points[0]
    together = [
        replace(point, parameters={"disk.interval": wait, "producer.timeout": wait, "seed": seed})
        for wait in ("1 s", "2 s")
        for seed in (1, 2)
    ]
    told = replace(result("one"), points=tuple(together))
    assert brief_names(told)[1:3] == ["interval = 1 s, seed = 2", "interval = 2 s, seed = 1"]


def test_a_table_of_the_screen_keeps_its_words_and_its_tones():
    shown = Table(title="Things")
    shown.add_column("name", no_wrap=True)
    shown.add_column("how many", justify="right")
    shown.add_row(Text("one").append("\nsmall", style="dim"), "1", end_section=True)
    shown.add_row("two", Text("2", style="bold red"), style="dim")
    grid = from_rich(shown)
    assert grid.caption == "Things"
    assert [column.kind for column in grid.columns] == ["whole", "number"]
    assert grid.rows[0].cells[0].lines == ((Piece("one"),), (Piece("small", "quiet"),))
    assert grid.rows[0].ends_section
    assert grid.rows[1].cells[0].lines == ((Piece("two", "quiet"),),)
    assert grid.rows[1].cells[1].lines == ((Piece("2", "bad"),),)


def test_numbers_stay_with_their_units_and_powers_in_one_piece():
    space = "\N{NO-BREAK SPACE}"
    assert units("3 ms at 5 % of 7 samples") == f"3{space}ms at 5{space}% of 7 samples"
    assert numbers("from 1.2e-16 on") == ["from ", "1.2e-16", " on"]


def test_measured_times_that_a_file_names_are_there_to_the_last_digit(tmp_path):
    times_s = [0.1 + 0.2, 1e-5, 3.0]
    (tmp_path / "sync.csv").write_text("\n".join(map(repr, times_s)))
    file = {**LOSSY, "disk": {"sync": {"law": "empirical", "file": "sync.csv"}}}
    told = Result(experiment=sim.from_mapping(file, base_dir=tmp_path), points=())
    [recording] = recipe(told).recordings
    assert recording.name == "sync.csv"
    assert [float(line) for line in recording.text.split()] == times_s


def test_a_silent_loss_is_seen_at_a_glance():
    told = result("sweep")
    assert "Silent loss: confirmed and lost none seen" in words(page("sweep"))
    point = told.points[0]
    lossy = replace(point.estimates["silent_loss"], value=0.01, low=0.005, high=0.02)
    changed = replace(point, estimates={**point.estimates, "silent_loss": lossy})
    shown = to_html(replace(told, points=(changed, *told.points[1:])))
    assert "Silent loss: confirmed and lost seen at 1 of 3 points" in words(shown)


# ---------------------------------------------------------------- what makes many points slow


def test_texts_are_escaped_and_kept_together():
    assert prose("a < b & 5 ms") == "a &lt; b &amp; 5\N{NO-BREAK SPACE}ms"
    assert prose("below 1.5e-5, or so") == ('below <span class="whole">1.5e-5</span>, or so')
    told = cell_of((Piece("3 ", "bad"), Piece("<b>")), quiet("x"), link="point-1")
    assert lines(told) == (
        '<a href="#point-1"><span class="bad">3 </span>&lt;b&gt;</a><br>'
        '<span class="quiet">x</span>'
    )
    assert line((Piece(" a "),)) == "a"
    assert lines(cell_of()) == ""


def test_a_drawing_that_is_too_large_is_not_drawn_to_its_end(monkeypatch):
    monkeypatch.setattr("sim.report.figures.LARGEST_SVG", 5000)
    uri = figures.whole(result("sweep"))[0].uri
    assert uri.startswith("data:image/png;base64,iVBOR")
    drawn = figures._Small()
    with pytest.raises(figures._TooLargeError):
        drawn.write(b"x" * 5001)
    monkeypatch.undo()
    assert figures.whole(result("sweep"))[0].uri.startswith("data:image/svg+xml;base64,")


def test_each_of_many_points_is_told():
    # What one point says is said by 200 others; tables and pictures are as large as can be.
    one = result("sweep")
    values = [
        {"producer.retries": retries, "producer.timeout": f"{timeout} ms"}
        for retries in range(20)
        for timeout in range(1, 11)
    ]
    points = tuple(replace(one.points[0], parameters=each) for each in values)
    sweep = {name: list(dict.fromkeys(each[name] for each in values)) for name in values[0]}
    experiment = sim.from_mapping({**LOSSY, "sweep": sweep})
    many = Result(experiment=experiment, points=points)
    text = to_html(many)
    assert all(f'id="point-{number}"' in text for number in (1, 200))
