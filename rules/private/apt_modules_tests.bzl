"""Tests of installs of several modules."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load(":apt_modules.bzl", "apt_modules")
load(":installs.bzl", "installs", "visibility_of")

visibility("//rules/private")

def _tag(module, version, name):
    return struct(module = module, version = version, name = name)

def _name_repositories_test_impl(ctx):
    env = unittest.begin(ctx)
    for tags, expected in [
        ([_tag("app", "1", "bookworm")], [("app_bookworm", "bookworm")]),
        ([_tag("", "", "bookworm")], [(None, "bookworm")]),
        (
            [_tag("", "", "bookworm"), _tag("lib", "1", "bookworm"), _tag("lib", "1", "tools")],
            [(None, "bookworm"), ("lib_bookworm", "lib_bookworm"), ("lib_tools", "tools")],
        ),
        (
            [_tag("lib", "1.0", "bookworm"), _tag("lib", "2.0", "bookworm")],
            [("lib_1.0_bookworm", "lib_1.0_bookworm"), ("lib_2.0_bookworm", "lib_2.0_bookworm")],
        ),
    ]:
        names = installs.name_repositories("apt", tags)
        asserts.equals(env, expected, [(each.own, each.prefix) for each in names])
    return unittest.end(env)

_name_repositories_test = unittest.make(_name_repositories_test_impl)

def _merge(*found, override = None):
    return installs.merge("apt", "bookworm", found, apt_modules.identity, override)

def _repositories(merged):
    return {name: each["amd64"]["repository"] for name, each in apt_modules.content(merged).packages.items()}

def _install(module, versions, failures = {}, unlocked = {}):
    """An install of packages, by name and version, all of them in the set `all`."""
    repository = lambda name: "%s_%s" % (module, name)
    return struct(
        canonical = module + "~",
        entries = list(versions) + (["all"] if versions else []),
        failures = failures,
        identities = {repository(name): name + version for name, version in versions.items()},
        is_root = module == "app",
        lock = {"of": module},
        module = module,
        names = struct(
            packages = {
                name: {"amd64": {"closure": [repository(name)], "repository": repository(name), "version": version}}
                for name, version in versions.items()
            },
            sets = {"all": {"amd64": [repository(name) for name in versions]}} if versions else {},
        ),
        own = module + "_bookworm",
        unlocked = unlocked,
    )

def _merge_test_impl(ctx):
    env = unittest.begin(ctx)
    app = _install("app", {"curl": "1", "tzdata": "1"})
    lib = _install("lib", {"curl": "2", "tzdata": "1", "zstd": "1"})
    content = _merge(app, lib)
    asserts.equals(
        env,
        {"curl": "app_curl", "tzdata": "app_tzdata", "zstd": "lib_zstd"},
        _repositories(content),
        "the root module's come first",
    )
    asserts.equals(
        env,
        {"all": ["app~"], "curl": ["app~"], "zstd": ["lib~"]},
        content.visible_to,
        "a module sees what it has itself",
    )
    asserts.equals(env, {}, content.failures)
    asserts.equals(env, {"of": "app"}, content.first.lock)
    asserts.equals(env, {"all": {"amd64": ["app_curl", "app_tzdata"]}}, apt_modules.content(content).sets)
    asserts.equals(env, ["//visibility:public"], visibility_of(content.visible_to, "tzdata"))
    asserts.equals(env, ["@@lib~//:__subpackages__"], visibility_of(content.visible_to, "zstd"))
    asserts.true(env, content.warning.endswith('(hint: in MODULE.bazel of lib write use_repo(apt, bookworm = "lib_bookworm"))'), content.warning)
    return unittest.end(env)

_merge_test = unittest.make(_merge_test_impl)

def _equal_test_impl(ctx):
    env = unittest.begin(ctx)
    content = _merge(_install("app", {"curl": "1"}), _install("lib", {"curl": "1"}))
    asserts.equals(env, ({}, "", {}), (content.visible_to, content.warning, content.failures))
    return unittest.end(env)

_equal_test = unittest.make(_equal_test_impl)

def _conflict_test_impl(ctx):
    env = unittest.begin(ctx)
    a, b = _install("a", {"curl": "1"}), _install("b", {"curl": "2"})
    content = _merge(a, b)
    asserts.equals(env, {}, _repositories(content))
    asserts.equals(
        env,
        "@bookworm: 'curl' is not the same in module a and module b, which each have an apt.install 'bookworm' " +
        "(hint: in MODULE.bazel of a write use_repo(apt, bookworm = \"a_bookworm\"), " +
        "in MODULE.bazel of b write use_repo(apt, bookworm = \"b_bookworm\"); " +
        "or in the root module, apt.override(repo = \"bookworm\", module = \"a\"))",
        content.failures["curl"],
    )
    chosen = _merge(a, b, override = "b")
    asserts.equals(env, {"curl": "b_curl"}, _repositories(chosen))
    asserts.equals(env, {}, chosen.visible_to)
    return unittest.end(env)

_conflict_test = unittest.make(_conflict_test_impl)

def _stale_test_impl(ctx):
    env = unittest.begin(ctx)
    stale = _install("lib", {}, {"curl": "stale", "zstd": "stale"})
    content = _merge(_install("app", {"curl": "1"}), stale)
    asserts.equals(env, {"zstd": "stale"}, content.failures, "a stale lock of another module does not harm the root module")
    content = _merge(_install("app", {}, {"curl": "stale"}), _install("lib", {"curl": "1"}))
    asserts.equals(env, {"curl": "stale"}, content.failures)
    asserts.equals(env, {}, _repositories(content))
    return unittest.end(env)

_stale_test = unittest.make(_stale_test_impl)

def _unlocked_test_impl(ctx):
    env = unittest.begin(ctx)
    content = _merge(
        _install("app", {"curl": "1"}, unlocked = {"libpq": "app lacks it", "zstd": "app lacks it"}),
        _install("lib", {"zstd": "1"}, unlocked = {"libpq": "lib lacks it", "tzdata": "lib lacks it"}),
    )
    asserts.equals(env, {"libpq": "app lacks it", "tzdata": "lib lacks it"}, content.unlocked)
    asserts.equals(env, ["all", "curl", "zstd"], sorted(content.holders), "what one module has is not an error")
    return unittest.end(env)

_unlocked_test = unittest.make(_unlocked_test_impl)

def _unnamed_test_impl(ctx):
    env = unittest.begin(ctx)
    found = [
        struct(canonical = name + "~", content = name, entries = [""], failures = {}, is_root = False, module = name, own = name + "_npm", unlocked = {})
        for name in ["a", "b"]
    ]
    content = installs.merge("npm", "npm", found, lambda install, _: install.content)
    asserts.equals(
        env,
        "@npm is not the same in module a and module b, which each have an npm.install 'npm' " +
        "(hint: in MODULE.bazel of a write use_repo(npm, npm = \"a_npm\"), " +
        "in MODULE.bazel of b write use_repo(npm, npm = \"b_npm\"); " +
        "or in the root module, npm.override(repo = \"npm\", module = \"a\"))",
        content.failures[""],
    )
    return unittest.end(env)

_unnamed_test = unittest.make(_unnamed_test_impl)

MODULES_TESTS = [_name_repositories_test, _merge_test, _equal_test, _conflict_test, _stale_test, _unlocked_test, _unnamed_test]
