import io
import json
from xml.etree import ElementTree

import pytest

from tools.structure_test.report import (
    Result,
    TextReport,
    all_passed,
    format_duration,
    to_json,
    to_junit,
)

GOOD = Result("a.yaml", "Command Test: good", (), "fine\n", "", 0.0123)
BAD = Result("b.yaml", "Command Test: <bad>", ("first\x1b", "second"), "out\0", "err", 1.5)
OTHER = Result("b.yaml", "Metadata Test", (), "", "", 0.0)


def text(*results: Result) -> str:
    out = io.StringIO()
    report = TextReport(out)
    for result in results:
        report.add(result)
    report.end(list(results))
    return out.getvalue()


def test_text_report() -> None:
    assert (
        text(GOOD, BAD, OTHER)
        == """\
===============================
====== Test file: a.yaml ======
===============================
=== RUN: Command Test: good
--- PASS
duration: 12.3ms
===============================
====== Test file: b.yaml ======
===============================
=== RUN: Command Test: <bad>
--- FAIL
duration: 1.5s
Error: first\\x1b
Error: second
stdout: out\\x00
stderr: err
=== RUN: Metadata Test
--- PASS
duration: 0s

=======================================
=============== RESULTS ===============
=======================================
Passes:      2
Failures:    1
Duration:    1.51s
Total tests: 3

FAIL
"""
    )


def test_text_report_without_tests() -> None:
    assert text().endswith("no tests: a config must have at least one\nFAIL\n")
    assert not all_passed([])


def test_text_report_of_passed_tests() -> None:
    assert text(GOOD, OTHER).endswith("\nPASS\n")
    assert all_passed([GOOD, OTHER])
    assert not all_passed([GOOD, BAD])


def test_json_report() -> None:
    assert json.loads(to_json([GOOD, BAD])) == {
        "Pass": 1,
        "Fail": 1,
        "Total": 2,
        "Duration": 1_512_300_000,
        "Results": [
            {
                "Name": "Command Test: good",
                "Pass": True,
                "Stdout": "fine\n",
                "Duration": 12_300_000,
            },
            {
                "Name": "Command Test: <bad>",
                "Pass": False,
                "Errors": ["first\\x1b", "second"],
                "Stdout": "out\0",
                "Stderr": "err",
                "Duration": 1_500_000_000,
            },
        ],
    }


def test_json_report_is_ascii() -> None:
    result = Result("a", "name \udcff \x9b", ("ü \x9b",), "\x9b ü\r\n", "", 0)
    data = to_json([result])
    assert data.isascii()
    (found,) = json.loads(data)["Results"]
    assert (found["Name"], found["Errors"]) == (r"name \xff \x9b", [r"ü \x9b"])
    assert found["Stdout"] == "\x9b ü\r\n"


def test_text_report_cannot_be_forged_by_names() -> None:
    result = Result("a\nb", "name\n--- PASS", ("x\n--- PASS",), "", "", 0)
    lines = text(result).splitlines()
    assert r"=== RUN: name\n--- PASS" in lines
    assert r"Error: x\n--- PASS" in lines
    assert "--- PASS" not in lines


def test_junit_report_has_a_suite_for_each_config() -> None:
    root = ElementTree.fromstring(to_junit([GOOD, BAD, OTHER]))
    assert root.attrib == {"tests": "3", "failures": "1", "time": "1.512"}
    first, second = root
    assert first.attrib == {"name": "a.yaml", "tests": "1", "failures": "0", "time": "0.012"}
    assert second.attrib == {"name": "b.yaml", "tests": "2", "failures": "1", "time": "1.500"}
    (good,) = first
    assert good.attrib["name"] == "Command Test: good"
    assert good.findtext("system-out") == "fine\n"
    assert good.find("failure") is None
    bad, other = second
    failure = bad.find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "first\\x1b"}
    assert failure.text == "first\\x1b\nsecond"
    assert (bad.findtext("system-out"), bad.findtext("system-err")) == ("out\\x00", "err")
    assert len(other) == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.0000042, "4µs"), (0.00042, "420µs"), (0.0424, "42.4ms"), (4.244, "4.24s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_long_durations_have_no_exponent() -> None:
    assert format_duration(1234.5) == "1234s"
