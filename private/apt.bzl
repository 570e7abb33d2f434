"""The `apt` extension for the images' packages.

It is an extension of its own, so that names of repositories cannot collide with those of modules that depend on this one.
"""

load("//rules:apt.bzl", _apt = "apt")

# MODULE.bazel uses it.
visibility("private")

apt = _apt
