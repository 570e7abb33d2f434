"""Packages from PyPI as dependencies of `py_binary`, for images.

    wheels = use_extension("@distroless//rules:python.bzl", "wheels")
"""

load("//rules/private:wheels_extension.bzl", _wheels = "wheels")

wheels = _wheels
