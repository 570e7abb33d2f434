"""Tests of images, without a daemon and for every architecture.

    load("@distroless//rules:structure_test.bzl", "structure_test")
"""

load("//rules/private:structure_test.bzl", _structure_test = "structure_test")

structure_test = _structure_test
