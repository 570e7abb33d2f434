"""Debian packages as parts of layers. `deb_files` and `deb_cc_library` unpack packages for other rules.

    load("@distroless//rules:deb.bzl", "deb", "package_set")
"""

load("//rules/private:deb.bzl", _deb = "deb")
load("//rules/private:deb_cc_library.bzl", _deb_cc_library = "deb_cc_library")
load("//rules/private:deb_files.bzl", _deb_files = "deb_files")
load("//rules/private:package_set.bzl", _package_set = "package_set")
load("//rules/providers:part_info.bzl", _PartInfo = "PartInfo")
load("//rules/providers:parts_info.bzl", _PartsInfo = "PartsInfo")

deb = _deb
deb_cc_library = _deb_cc_library
deb_files = _deb_files
package_set = _package_set
PartInfo = _PartInfo
PartsInfo = _PartsInfo
