"""Tests of the pure functions behind the `apt` extension: locks, names and labels."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load(":apt_lock.bzl", "apt_lock")
load(":apt_manifest_tests.bzl", "MANIFEST_TESTS")
load(":apt_modules_tests.bzl", "MODULES_TESTS")
load(":apt_names.bzl", "apt_names", "oci_architectures")
load(":apt_unlocked.bzl", "apt_unlocked")
load(":download_auth_tests.bzl", "AUTH_TESTS")
load(":labels.bzl", "display_label")
load(":similar_names.bzl", "similar_names")

visibility("private")

def _package(name, version, architecture, sha256, depends = []):
    return {
        "architecture": architecture,
        "depends": depends,
        "name": name,
        "sha256": sha256,
        "size": 1,
        "url": "https://snapshot.debian.org/%s_%s_%s.deb" % (name, version, architecture),
        "version": version,
    }

_LOCK = {
    "base": {"amd64": {"libc6": "2.36-9"}},
    "manifest_sha256": "m",
    "merged_usr": True,
    "packages": {
        "gcc-12-base_12.2.0-14_amd64": _package("gcc-12-base", "12.2.0-14", "amd64", "4", ["libstdc++6_12.2.0-14_amd64"]),
        "libstdc++6_12.2.0-14_amd64": _package("libstdc++6", "12.2.0-14", "amd64", "1", ["gcc-12-base_12.2.0-14_amd64", "tzdata_older"]),
        "tzdata_2025b-0_all": _package("tzdata", "2025b-0", "all", "2", ["libstdc++6_12.2.0-14_amd64"]),
        "tzdata_older": _package("tzdata", "2025a-0+deb12u1", "all", "3"),
    },
    "sets": {"cc": {
        "amd64": ["gcc-12-base_12.2.0-14_amd64", "libstdc++6_12.2.0-14_amd64", "tzdata_2025b-0_all"],
        "armhf": ["tzdata_older"],
    }},
    "version": 3,
}

def _parse_test_impl(ctx):
    env = unittest.begin(ctx)
    lock = apt_lock.parse(json.encode(_LOCK))
    asserts.equals(env, "m", lock.manifest_sha256)
    asserts.equals(env, ["amd64", "armhf"], lock.architectures)
    asserts.true(env, lock.merged_usr)
    asserts.equals(
        env,
        ["gcc-12-base_amd64", "libstdcxx6_amd64", "tzdata_all", "tzdata_all_2025a_0_deb12u1"],
        [package.repository for package in lock.packages],
        "a second version gets a repository of its own",
    )
    asserts.equals(env, _LOCK["packages"].keys(), [package.key for package in lock.packages], "keys are taken as they are")
    return unittest.end(env)

_parse_test = unittest.make(_parse_test_impl)

def _problem_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, None, apt_lock.problem(json.encode(_LOCK)))
    asserts.equals(env, "lock version 2 is not supported", apt_lock.problem('{"version": 2}'))
    for text in ["", "[]", "{}", '{"version": "3"}']:
        asserts.equals(env, "not a lock", apt_lock.problem(text))
    return unittest.end(env)

_problem_test = unittest.make(_problem_test_impl)

_TEXT = """\
# A comment.
version: 1   # another one
architectures: [amd64, armhf]

keyring: "a #b"
url: https://example.org/#fragment
  # An indented one.
"""

def _normalize_test_impl(ctx):
    env = unittest.begin(ctx)
    lines = ["version: 1", "architectures: [amd64, armhf]", 'keyring: "a #b"', "url: https://example.org/#fragment"]
    asserts.equals(env, "\n".join(lines) + "\n", apt_lock.normalize_manifest(_TEXT))
    asserts.equals(
        env,
        "\n".join(lines + ["base @distroless//base:base_debian12"]) + "\n",
        apt_lock.normalize_manifest(_TEXT, "@distroless//base:base_debian12"),
    )
    asserts.equals(env, apt_lock.normalize_manifest("a: 1\n"), apt_lock.normalize_manifest("\n#\na: 1   # x"))
    return unittest.end(env)

_normalize_test = unittest.make(_normalize_test_impl)

def _names_test_impl(ctx):
    env = unittest.begin(ctx)
    names = apt_names(apt_lock.parse(json.encode(_LOCK)), "debian", "test.lock.json")
    asserts.equals(
        env,
        {
            "amd64": {
                "repository": "debian_tzdata_all",
                "version": "2025b-0",
                "triplet": "x86_64-linux-gnu",
                "closure": ["debian_gcc-12-base_amd64", "debian_libstdcxx6_amd64", "debian_tzdata_all"],
            },
            "arm": {
                "repository": "debian_tzdata_all_2025a_0_deb12u1",
                "version": "2025a-0+deb12u1",
                "triplet": "arm-linux-gnueabihf",
                "closure": ["debian_tzdata_all_2025a_0_deb12u1"],
            },
        },
        names.packages["tzdata"],
        "architectures have OCI's names, and dependencies of other architectures do not count",
    )
    asserts.equals(
        env,
        ["debian_gcc-12-base_amd64", "debian_libstdcxx6_amd64"],
        names.packages["gcc-12-base"]["amd64"]["closure"],
        "packages may depend on each other",
    )
    asserts.equals(
        env,
        {"cc": {
            "amd64": ["debian_gcc-12-base_amd64", "debian_libstdcxx6_amd64", "debian_tzdata_all"],
            "arm": ["debian_tzdata_all_2025a_0_deb12u1"],
        }},
        names.sets,
    )
    asserts.equals(env, ["386", "arm"], oci_architectures(["armhf", "x", "i386", "arm64x"]))
    return unittest.end(env)

_names_test = unittest.make(_names_test_impl)

def _unlocked_test_impl(ctx):
    env = unittest.begin(ctx)
    relations = {
        "libpq5_15_amd64": {"Depends": "libc6 (>= 2.34), libssl3t64 (>= 3.0.0), tzdata | tzdata-legacy:any"},
        "libssl3t64_3.5_amd64": {"Provides": "libssl3 (= 3.5)", "Conflicts": "libfoo1"},
        "psql_15_amd64": {"Pre-Depends": "debconf (>= 0.5)|debconf-2.0", "Depends": "../evil, UP, libpq5"},
        "libc-bin_2.36_amd64": {},
    }
    errors = apt_unlocked(
        struct(
            base = {"amd64": {"libc6": "2.36-9"}},
            packages = [struct(name = key.split("_")[0], relations = each) for key, each in relations.items()],
        ),
        repo = "bookworm",
        where = "//:bookworm.lock.json",
        base = "@distroless//base:base_debian12",
        how_to_add = lambda name: "add " + name,
    )
    not_locked = lambda name: "package '%s' is not in //:bookworm.lock.json (hint: add %s)" % (name, name)
    asserts.equals(
        env,
        {
            "libc6": "package 'libc6' is not in //:bookworm.lock.json: the base image has it " +
                     "(hint: leave out the label; @distroless//base:base_debian12 has the package)",
            "libpq": "package 'libpq' is not in //:bookworm.lock.json, did you mean @bookworm//libpq5? (hint: add libpq)",
            "libssl": "package 'libssl' is not in //:bookworm.lock.json, did you mean @bookworm//libssl3t64? (hint: add libssl)",
            "libssl3": "'libssl3' is a virtual package (hint: name a package that provides it: @bookworm//libssl3t64)",
        } | {name: not_locked(name) for name in [
            "debconf",
            "debconf-2.0",
            "libpq-dev",
            "libpq5-dev",
            "libssl-dev",
            "libssl3t64-dev",
            "tzdata",
            "tzdata-legacy",
        ]},
        errors,
        "neither conflicts nor what is no name",
    )
    return unittest.end(env)

_unlocked_test = unittest.make(_unlocked_test_impl)

def _display_label_test_impl(ctx):
    env = unittest.begin(ctx)
    for repository, expected in {
        "": "//a:b",
        "_main~apt~bookworm": "@bookworm//a:b",
        "distroless+": "@distroless//a:b",
        "distroless++apt+bookworm": "@bookworm//a:b",
        "distroless~": "@distroless//a:b",
        "distroless~1.0": "@distroless//a:b",
        "distroless~~apt~bookworm": "@bookworm//a:b",
    }.items():
        asserts.equals(env, expected, display_label(struct(repo_name = repository, package = "a", name = "b")))
    return unittest.end(env)

_display_label_test = unittest.make(_display_label_test_impl)

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
    unittest.suite(
        name,
        _parse_test,
        _problem_test,
        _normalize_test,
        _names_test,
        _display_label_test,
        _similar_names_test,
        _unlocked_test,
        *(AUTH_TESTS + MANIFEST_TESTS + MODULES_TESTS)
    )
