"""The apt extension once more, so that our locks' names and those of modules that use us never meet."""

load("//rules:apt.bzl", _apt = "apt")

apt = _apt
