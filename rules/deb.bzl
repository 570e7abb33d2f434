"""Debian packages as parts of layers.

    load("@distroless//rules:deb.bzl", "deb", "package_set")
"""

load("//rules/private:deb.bzl", _deb = "deb")
load("//rules/private:package_set.bzl", _package_set = "package_set")
load("//rules/providers:part_info.bzl", _PartInfo = "PartInfo")
load("//rules/providers:parts_info.bzl", _PartsInfo = "PartsInfo")

deb = _deb
package_set = _package_set
PartInfo = _PartInfo
PartsInfo = _PartsInfo
