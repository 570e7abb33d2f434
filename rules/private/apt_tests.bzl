"""Tests of the pure functions behind the `apt` extension."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load(":apt_lock.bzl", "apt_lock")
load(":apt_names.bzl", "apt_names")
load(":similar_names.bzl", "similar_names")

visibility("private")

def _package(name, version, architecture, sha256):
    return {
        "architecture": architecture,
        "depends": [],
        "name": name,
        "sha256": sha256,
        "size": 1,
        "url": "https://snapshot.debian.org/%s_%s_%s.deb" % (name, version, architecture),
        "version": version,
    }

_LOCK = {
    "manifest_sha256": "m",
    "packages": {
        "libstdc++6_12.2.0-14_amd64": _package("libstdc++6", "12.2.0-14", "amd64", "1"),
        "tzdata_2025b-0_all": _package("tzdata", "2025b-0", "all", "2"),
        "tzdata_older": _package("tzdata", "2025a-0+deb12u1", "all", "3"),
    },
    "sets": {"cc": {
        "amd64": ["libstdc++6_12.2.0-14_amd64", "tzdata_2025b-0_all"],
        "s390x": ["tzdata_older"],
    }},
    "version": 2,
}

def _parse_test_impl(ctx):
    env = unittest.begin(ctx)
    lock = apt_lock.parse(json.encode(_LOCK), "test.lock.json")
    asserts.equals(env, "m", lock.manifest_sha256)
    asserts.equals(env, ["amd64", "s390x"], lock.architectures)
    asserts.equals(
        env,
        ["libstdcxx6_amd64", "tzdata_all", "tzdata_all_2025a_0_deb12u1"],
        [package.repository for package in lock.packages],
        "a second version gets a repository of its own",
    )
    asserts.equals(
        env,
        ["libstdc++6_12.2.0-14_amd64", "tzdata_2025b-0_all", "tzdata_older"],
        [package.key for package in lock.packages],
        "keys are taken as they are",
    )
    return unittest.end(env)

_parse_test = unittest.make(_parse_test_impl)

def _update_command_test_impl(ctx):
    env = unittest.begin(ctx)
    for name, manifest in {
        "//:bookworm.lock.json": "bookworm.yaml",
        "//private/lock:debian12.lock.json": "private/lock/debian12.yaml",
        "user~//lock:x.lock.json": "lock/x.yaml",
    }.items():
        asserts.equals(env, "bazel run @distroless//tools/lock -- " + manifest, apt_lock.update_command(name))
    return unittest.end(env)

_update_command_test = unittest.make(_update_command_test_impl)

def _names_test_impl(ctx):
    env = unittest.begin(ctx)
    lock = apt_lock.parse(json.encode(_LOCK | {"sets": {"cc": {
        "amd64": ["libstdc++6_12.2.0-14_amd64", "tzdata_2025b-0_all"],
        "armhf": ["tzdata_older"],
    }}}), "test.lock.json")
    names = apt_names(lock, "debian", "test.lock.json")
    asserts.equals(
        env,
        {
            "libstdc++6": {"amd64": "debian_libstdcxx6_amd64"},
            "tzdata": {"amd64": "debian_tzdata_all", "arm": "debian_tzdata_all_2025a_0_deb12u1"},
        },
        names.packages,
        "architectures have OCI's names",
    )
    asserts.equals(
        env,
        {"cc": {
            "amd64": ["debian_libstdcxx6_amd64", "debian_tzdata_all"],
            "arm": ["debian_tzdata_all_2025a_0_deb12u1"],
        }},
        names.sets,
    )
    asserts.equals(env, {"amd64": "2025b-0", "arm": "2025a-0+deb12u1"}, names.versions["tzdata"])
    return unittest.end(env)

_names_test = unittest.make(_names_test_impl)

def _similar_names_test_impl(ctx):
    env = unittest.begin(ctx)
    names = ["libssl3", "libssl3t64", "libc6", "zlib1g", "tzdata", "tzdata-legacy"]
    asserts.equals(env, "libssl3", similar_names("libssl", names)[0])
    asserts.equals(env, ["tzdata", "tzdata-legacy"], similar_names("tzdat", names))
    asserts.equals(env, [], similar_names("perl", names))
    return unittest.end(env)

_similar_names_test = unittest.make(_similar_names_test_impl)

def apt_test_suite(name):
    """Declares the tests.

    Args:
      name: string, name of the suite.
    """
    unittest.suite(name, _parse_test, _update_command_test, _names_test, _similar_names_test)
