"""Tests of rules of rootfs.bzl, mostly of inputs that they refuse."""

load("@bazel_skylib//rules:build_test.bzl", "build_test")
load("//rules:rootfs.bzl", "alternatives", "dpkg_status", "files", "locale", "trust_store")
load(":failure_test.bzl", "failure_test")

visibility("private")

def rootfs_test_suite(name):
    """Declares the tests and the targets that they look at.

    Args:
      name: string, name of the suite.
    """
    manual = {"tags": ["manual"]}
    failures = {}

    files(name = "files_prefix", srcs = ["BUILD.bazel"], strip_prefix = "site", **manual)
    failures["files_prefix"] = "files_prefix: BUILD.bazel is not below `strip_prefix` 'site' (hint: "

    trust_store(name = "trust_nothing", **manual)
    failures["trust_nothing"] = "trust_nothing: `certificates` and `deb` are empty (hint: list the PEM files"

    alternatives(name = "alternative_relative", links = {"usr/bin/x": "y"}, **manual)
    failures["alternative_relative"] = "`links` has 'usr/bin/x', which is not an absolute path (hint: write /usr/bin/x)"

    native.genrule(name = "fake_deb", outs = ["fake.deb"], cmd = "exit 1", **manual)
    locale(name = "locale_pattern", deb = "fake.deb", locales = ["de_*"], **manual)
    failures["locale_pattern"] = "invalid locale 'de_*' (hint: write it as"

    dpkg_status(name = "status", parts = ["@debian12//:base-files_amd64"], **manual)
    build_test(name = "status_test", targets = ["status"])

    for target, message in failures.items():
        failure_test(name = target + "_test", target_under_test = target, message = message)
    native.test_suite(name = name, tests = ["status_test"] + [target + "_test" for target in failures])
