"""Applications: the layers of a program that another rule builds.

    load("@distroless//rules:apps.bzl", "binary_layer")
"""

load("//rules/private:binary_layer.bzl", _binary_layer = "binary_layer")

binary_layer = _binary_layer
