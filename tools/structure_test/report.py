"""Reports of test results. Text is written while tests run; JSON and JUnit XML at the end.

Names and output come from the image. In text and XML, characters that could control a terminal are
replaced by escape sequences; in JSON they are escaped as JSON does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO

from tools.structure_test.escape import escape_line, escape_lines

_MAX_SHOWN = 8192  # characters of a failed command's output in the text report


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one test. Without errors the test has passed."""

    file: str
    """The config that has the test."""
    name: str
    errors: tuple[str, ...]
    stdout: str
    stderr: str
    duration: float
    """Seconds."""

    @property
    def passed(self) -> bool:
        return not self.errors


@dataclass(frozen=True, slots=True)
class Summary:
    """How many tests passed and failed, and their duration in seconds."""

    passed: int
    failed: int
    duration: float

    @property
    def total(self) -> int:
        return self.passed + self.failed


def summarize(results: Iterable[Result]) -> Summary:
    """Counts results."""
    results = list(results)
    passed = sum(result.passed for result in results)
    duration = sum(result.duration for result in results)
    return Summary(passed, len(results) - passed, duration)


def all_passed(results: Sequence[Result]) -> bool:
    """Whether every test passed. A run without tests has not passed."""
    return bool(results) and all(result.passed for result in results)


class TextReport:
    """Writes each result as its test ends, in container-structure-test's format."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._file = ""

    def add(self, result: Result) -> None:
        """Writes one result."""
        if result.file != self._file:
            self._file = result.file
            title = f"====== Test file: {escape_line(self._file)} ======"
            self._write("=" * len(title), title, "=" * len(title))
        self._write(
            f"=== RUN: {escape_line(result.name)}",
            "--- PASS" if result.passed else "--- FAIL",
            f"duration: {format_duration(result.duration)}",
        )
        if result.passed:
            return
        self._write(*(f"Error: {escape_line(error)}" for error in result.errors))
        for name, text in (("stdout", result.stdout), ("stderr", result.stderr)):
            if text.strip():
                self._write(f"{name}: {escape_lines(text[-_MAX_SHOWN:]).rstrip()}")

    def end(self, results: Sequence[Result]) -> None:
        """Writes the summary of all results."""
        summary = summarize(results)
        title = "=============== RESULTS ==============="
        self._write(
            "",
            "=" * len(title),
            title,
            "=" * len(title),
            f"Passes:      {summary.passed}",
            f"Failures:    {summary.failed}",
            f"Duration:    {format_duration(summary.duration)}",
            f"Total tests: {summary.total}",
            "",
        )
        if not results:
            self._write("no tests: a config must have at least one")
        self._write("PASS" if all_passed(results) else "FAIL")

    def _write(self, *lines: str) -> None:
        print("\n".join(lines), file=self._out, flush=True)


def to_json(results: Sequence[Result]) -> bytes:
    """container-structure-test's JSON: durations in nanoseconds, empty fields left out."""
    summary = summarize(results)
    value = {
        "Pass": summary.passed,
        "Fail": summary.failed,
        "Total": summary.total,
        "Duration": _nanoseconds(summary.duration),
        "Results": [
            {
                "Name": escape_line(result.name),
                "Pass": result.passed,
                **({"Errors": [*map(escape_line, result.errors)]} if result.errors else {}),
                **({"Stdout": result.stdout} if result.stdout else {}),
                **({"Stderr": result.stderr} if result.stderr else {}),
                "Duration": _nanoseconds(result.duration),
            }
            for result in results
        ],
    }
    # Also escapes what is not ASCII, some of which controls terminals.
    return json.dumps(value).encode() + b"\n"


def to_junit(results: Sequence[Result]) -> bytes:
    """JUnit XML with one test suite for each config."""
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites", _junit_counts(results))
    for file in dict.fromkeys(result.file for result in results):
        of_file = [result for result in results if result.file == file]
        suite = ElementTree.SubElement(
            root, "testsuite", {"name": escape_line(file), **_junit_counts(of_file)}
        )
        for result in of_file:
            attributes = {"classname": escape_line(file), "name": escape_line(result.name)}
            attributes["time"] = f"{result.duration:.3f}"
            case = ElementTree.SubElement(suite, "testcase", attributes)
            if result.errors:
                failure = ElementTree.SubElement(
                    case, "failure", {"message": escape_line(result.errors[0])}
                )
                failure.text = "\n".join(map(escape_line, result.errors))
            for tag, text in (("system-out", result.stdout), ("system-err", result.stderr)):
                if text:
                    ElementTree.SubElement(case, tag).text = escape_lines(text)
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def format_duration(seconds: float) -> str:
    """A duration as Go writes it, with three digits: `12.3ms`, `1.23s`."""
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g}{unit}" if seconds < 100 else f"{seconds:.0f}s"
    return f"{seconds * 1e6:.0f}µs" if seconds else "0s"


def _junit_counts(results: Iterable[Result]) -> dict[str, str]:
    summary = summarize(results)
    return {
        "tests": str(summary.total),
        "failures": str(summary.failed),
        "time": f"{summary.duration:.3f}",
    }


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
