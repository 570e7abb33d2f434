"""Reports of test results: text as tests run, JSON and JUnit's XML at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO, NamedTuple

_MAX_SHOWN = 8192  # characters of a failed command's output in the text report


class Result(NamedTuple):
    """One test; `duration` is in seconds."""

    file: str
    name: str
    errors: tuple[str, ...]
    stdout: str
    stderr: str
    duration: float


class TextReport:
    """Writes each test as it ends, in container-structure-test's words."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._file = ""

    def add(self, result: Result) -> None:
        if result.file != self._file:
            self._file = result.file
            title = f"====== Test file: {self._file} ======"
            self._lines("=" * len(title), title, "=" * len(title))
        lines = [f"=== RUN: {result.name}", "--- FAIL" if result.errors else "--- PASS"]
        lines.append(f"duration: {format_duration(result.duration)}")
        if result.errors:
            lines += [f"Error: {error}" for error in result.errors]
            lines += [
                f"{name}: {text[-_MAX_SHOWN:].rstrip()}"
                for name, text in (("stdout", result.stdout), ("stderr", result.stderr))
                if text.strip()
            ]
        self._lines(*lines)

    def end(self, results: list[Result]) -> None:
        failed = sum(bool(result.errors) for result in results)
        title = "=============== RESULTS ==============="
        self._lines(
            "",
            "=" * len(title),
            title,
            "=" * len(title),
            f"Passes:      {len(results) - failed}",
            f"Failures:    {failed}",
            f"Duration:    {format_duration(sum(result.duration for result in results))}",
            f"Total tests: {len(results)}",
            "",
        )
        if not results:
            self._lines("no tests: a config needs at least one")
        self._lines("PASS" if passed(results) else "FAIL")

    def _lines(self, *lines: str) -> None:
        print("\n".join(lines), file=self._out, flush=True)


def passed(results: list[Result]) -> bool:
    """Whether all tests did; none at all is a failure."""
    return bool(results) and not any(result.errors for result in results)


def to_json(results: list[Result]) -> bytes:
    """container-structure-test's JSON; durations are in nanoseconds, empty fields are left out."""
    failed = sum(bool(result.errors) for result in results)
    value = {
        "Pass": len(results) - failed,
        "Fail": failed,
        "Total": len(results),
        "Duration": _nanoseconds(sum(result.duration for result in results)),
        "Results": [
            {
                "Name": result.name,
                "Pass": not result.errors,
                **({"Errors": list(result.errors)} if result.errors else {}),
                **({"Stdout": result.stdout} if result.stdout else {}),
                **({"Stderr": result.stderr} if result.stderr else {}),
                "Duration": _nanoseconds(result.duration),
            }
            for result in results
        ],
    }
    text = json.dumps(value, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "replace")


def to_junit(results: list[Result]) -> bytes:
    """JUnit's XML, a test suite for each config."""
    from xml.etree import ElementTree

    def count(of: Iterable[Result]) -> dict[str, str]:
        of = list(of)
        return {
            "tests": str(len(of)),
            "failures": str(sum(bool(result.errors) for result in of)),
            "time": f"{sum(result.duration for result in of):.3f}",
        }

    root = ElementTree.Element("testsuites", count(results))
    for file in dict.fromkeys(result.file for result in results):
        own = [result for result in results if result.file == file]
        suite = ElementTree.SubElement(root, "testsuite", {"name": _xml(file), **count(own)})
        for result in own:
            attributes = {"classname": _xml(file), "name": _xml(result.name)}
            attributes["time"] = f"{result.duration:.3f}"
            case = ElementTree.SubElement(suite, "testcase", attributes)
            if result.errors:
                failure = ElementTree.SubElement(
                    case, "failure", {"message": _xml(result.errors[0])}
                )
                failure.text = _xml("\n".join(result.errors))
            for tag, text in (("system-out", result.stdout), ("system-err", result.stderr)):
                if text:
                    ElementTree.SubElement(case, tag).text = _xml(text)
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def format_duration(seconds: float) -> str:
    """As Go writes it, to three digits: `12.3ms`, `1.23s`."""
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g}{unit}" if seconds < 100 else f"{seconds:.0f}s"
    return f"{seconds * 1e6:.0f}µs" if seconds else "0s"


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)


def _xml(text: str) -> str:
    """Replaces what XML 1.0 cannot hold in any form (its section 2.2)."""
    return "".join(
        char
        if char in "\t\n\r"
        or " " <= char <= "\ud7ff"
        or "\ue000" <= char <= "\ufffd"
        or char > "\uffff"
        else "\ufffd"
        for char in text
    )
