"""Debian packages as parts of layers.

    load("@distroless//rules:deb.bzl", "deb_layer")
"""

load("//rules/private:deb_layer.bzl", _deb_layer = "deb_layer")
load("//rules/private:package_set.bzl", _package_set = "package_set")
load("//rules/providers:parts_info.bzl", _PartsInfo = "PartsInfo")

deb_layer = _deb_layer
package_set = _package_set
PartsInfo = _PartsInfo
