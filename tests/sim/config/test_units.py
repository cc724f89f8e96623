import math
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.config.units import DURATION, FLOW, RATE, SIZE, UnitError, format_duration

SECONDS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": 1,
    "min": 60,
    "h": 3600,
    "d": 86400,
    "w": 7 * 86400,
    "month": 30 * 86400,
    "year": 365 * 86400,
}
BYTES = {"B": 1, "kB": 1000, "KiB": 1024, "MB": 10**6, "MiB": 2**20, "GB": 10**9, "GiB": 2**30}
NUMBERS = st.decimals(0, 10**6, places=3, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250 ms", 0.25),
        ("35 ms", 0.035),
        ("5 s", 5.0),
        ("5s", 5.0),
        (" 5  s ", 5.0),
        ("1.5e3 s", 1500.0),
        (".5 s", 0.5),
        ("3 us", 3e-6),
        ("3 \N{MICRO SIGN}s", 3e-6),
        ("3 \N{GREEK SMALL LETTER MU}s", 3e-6),
        ("10 ns", 1e-8),
        ("2 min", 120.0),
        ("1 h", 3600.0),
        ("30 d", 2592000.0),
        ("1 w", 604800.0),
        ("1 week", 604800.0),
        ("2 weeks", 1209600.0),
        ("1 month", 2592000.0),
        ("1 year", 31536000.0),
        ("inf", math.inf),
        ("-inf", -math.inf),
        (3, 3.0),
        (0.25, 0.25),
    ],
)
def test_a_duration_is_read_in_seconds(text, seconds):
    assert DURATION.parse(text) == seconds


@pytest.mark.parametrize(
    ("text", "per_second"),
    [
        ("200/s", 200.0),
        ("200 / s", 200.0),
        ("1/month", 1 / 2592000),
        ("60/min", 1.0),
        ("1/ms", 1000.0),
        (100, 100.0),
    ],
)
def test_a_rate_is_read_per_second(text, per_second):
    assert RATE.parse(text) == per_second


@pytest.mark.parametrize(
    ("text", "count"), [("1 KiB", 1024.0), ("1 kB", 1000.0), ("2 MiB", 2.0**21), (7, 7.0)]
)
def test_a_size_is_read_in_bytes(text, count):
    assert SIZE.parse(text) == count


@pytest.mark.parametrize(
    ("text", "per_second"),
    [
        ("10 MiB/s", 10 * 2.0**20),
        ("1.5kB/s", 1500.0),
        ("8 B / s", 8.0),
        ("inf", math.inf),
        (7, 7.0),
    ],
)
def test_a_flow_is_read_in_bytes_per_second(text, per_second):
    assert FLOW.parse(text) == per_second
    assert isinstance(text, int) or re.match(FLOW.pattern(infinite=True), text)


@pytest.mark.parametrize("text", ["10 MiB", "10 MiB/min", "fast", "10/s", "1 MiBps"])
def test_a_flow_is_a_size_per_second(text):
    with pytest.raises(UnitError, match=r'^must .*"10 MiB/s"'):
        FLOW.parse(text)
    assert not re.match(FLOW.pattern(), text)


@given(NUMBERS, st.sampled_from(sorted(SECONDS)))
def test_every_duration_is_the_float_nearest_to_what_is_written(number, unit):
    assert DURATION.parse(f"{number} {unit}") == float(Fraction(number) * SECONDS[unit])


@given(NUMBERS, st.sampled_from(sorted(SECONDS)))
def test_every_rate_is_the_float_nearest_to_what_is_written(number, unit):
    assert RATE.parse(f"{number}/{unit}") == float(Fraction(number) / SECONDS[unit])


@given(NUMBERS, st.sampled_from(sorted(BYTES)))
def test_every_size_is_the_float_nearest_to_what_is_written(number, unit):
    assert SIZE.parse(f"{number} {unit}") == float(Fraction(number) * BYTES[unit])


@given(st.floats(allow_nan=False))
def test_a_formatted_duration_reads_back_as_the_same_float(seconds):
    assert DURATION.parse(format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (0.25, "250 ms"),
        (5.0, "5 s"),
        (90.0, "1.5 min"),
        (100.0, "100 s"),
        (3600.0, "1 h"),
        (2592000.0, "30 d"),
        (3e-6, "3 us"),
        (1e-9, "1 ns"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
    ],
)
def test_a_duration_is_shown_in_its_largest_plain_unit(seconds, text):
    assert format_duration(seconds) == text


def test_what_is_no_number_is_not_formatted():
    with pytest.raises(ValueError, match="seconds must be a number, got nan"):
        format_duration(math.nan)


@pytest.mark.parametrize(
    ("written", "message", "suggestion"),
    [
        ("5", 'must have a unit, as in "5 s"', ""),
        ("5 sx", 'has an unknown unit "sx"', 'did you mean "s"?'),
        ("5 MS", 'has an unknown unit "MS"', 'did you mean "ms"?'),
        ("5 m", 'has an unknown unit "m"', 'did you mean "min"?'),
        (
            "5 q",
            'has an unknown unit "q"',
            "known units: ns, us, ms, s, min, h, d, w, month, year",
        ),
        ("soon", 'must be a duration such as "250 ms", or plain seconds', ""),
        ("", 'must be a duration such as "250 ms", or plain seconds', ""),
        ("1/s", 'must be a duration such as "250 ms", or plain seconds', ""),
        ("1 s 2 ms", 'must be a duration such as "250 ms", or plain seconds', ""),
        ("\u0661 s", 'must be a duration such as "250 ms", or plain seconds', ""),
        (True, 'must be a duration such as "250 ms", or plain seconds', ""),
        ("+-inf", 'must be a duration such as "250 ms", or plain seconds', ""),
        (None, 'must be a duration such as "250 ms", or plain seconds', ""),
        (math.nan, 'must be a duration such as "250 ms", or plain seconds', ""),
        ("1e400 s", "must be finite", ""),
        (10**400, "must be finite", ""),
    ],
)
def test_what_is_no_duration_is_refused(written, message, suggestion):
    with pytest.raises(UnitError) as refused:
        DURATION.parse(written)
    assert (str(refused.value), refused.value.suggestion) == (message, suggestion)


def test_a_rate_and_a_size_say_what_they_are():
    with pytest.raises(UnitError, match=r'^must be a rate such as "200/s", or a plain number'):
        RATE.parse("200 s")
    with pytest.raises(UnitError, match=r'^must be a size such as "1 KiB", or plain bytes$'):
        SIZE.parse("big")
    with pytest.raises(UnitError) as refused:
        SIZE.parse("1 KB")
    assert refused.value.suggestion == 'did you mean "kB"?'
