"""Runs pytest on the files named, as a Bazel test."""

import os
import sys

import pytest

if __name__ == "__main__":
    arguments = ["-p", "no:cacheprovider", "--import-mode=importlib", "-rA", "--color=no"]
    if report := os.environ.get("XML_OUTPUT_FILE"):
        arguments.append(f"--junit-xml={report}")
    if chosen := os.environ.get("TESTBRIDGE_TEST_ONLY"):
        arguments += ["-k", chosen]
    if scratch := os.environ.get("TEST_TMPDIR"):
        arguments.append(f"--basetemp={scratch}/pytest")
    sys.exit(pytest.main(arguments + sys.argv[1:]))
