"""Tests of manifests in tags."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load(":apt_manifest.bzl", "apt_manifest")

visibility("//rules/private")

def _keyring_test_impl(ctx):
    env = unittest.begin(ctx)

    # tools/lock/test_manifest.py has the same cases.
    for source, vendor in {
        "debian-security": "debian",
        "http://ports.ubuntu.com/ubuntu-ports": "ubuntu",
        "https://mirror.debian.org/debian/": "debian",
        "https://example.org/apt": None,
        "https://mirror.example.com/debian-security": "debian",
        "https://snapshot.debian.org/archive/debian/20240210T223313Z": "debian",
        "https://snapshot.ubuntu.com/ubuntu/20240301T030400Z": "ubuntu",
        "ubuntu": "ubuntu",
    }.items():
        is_url = "/" in source
        tag = struct(archive = "" if is_url else source, url = source if is_url else "")
        expected = Label("//rules/keyrings:%s-archive-keyring.pgp" % vendor) if vendor else None
        asserts.equals(env, expected, apt_manifest.default_keyring(tag), source)
    return unittest.end(env)

_keyring_test = unittest.make(_keyring_test_impl)

def _words_test_impl(ctx):
    env = unittest.begin(ctx)
    words = apt_manifest.words("packages: [libstdc++6, 'python3.13', libfoo1 (= 1.2-3)]\nsets: {my_set: x}")
    for name in ["libstdc++6", "python3.13", "libfoo1", "my_set", "packages"]:
        asserts.true(env, name in words, name)
    return unittest.end(env)

_words_test = unittest.make(_words_test_impl)

def _install(**kwargs):
    return struct(**({
        "architectures": ["amd64", "arm64"],
        "dependencies": "",
        "ignored_dependencies": {},
        "manifest": None,
        "name": "bookworm",
        "packages": [],
    } | kwargs))

def _sources(**kwargs):
    return struct(**({
        "architectures": [],
        "archive": "",
        "check_valid_until": True,
        "components": ["main"],
        "keyring": None,
        "keys": [],
        "suites": ["bookworm"],
        "url": "",
    } | kwargs))

def _tags(**kwargs):
    return struct(**({"file": [], "package_set": [], "sources": []} | kwargs))

def _from_tags_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, None, apt_manifest.from_tags("x", _install(), _tags()))
    vendor = Label("//rules/private:BUILD.bazel")
    manifest = apt_manifest.from_tags(
        "x",
        _install(packages = ["curl", "libfoo1 (= 1.2-3) [amd64]"], ignored_dependencies = {"debconf": "for scripts"}),
        _tags(
            package_set = [struct(
                name = "app",
                packages = ["nginx"],
                architectures = ["amd64"],
                bases = ["packages"],
                dependencies = "explicit",
                ignored_dependencies = {},
            )],
            sources = [
                _sources(archive = "debian"),
                _sources(archive = "ubuntu", suites = ["noble"]),
                _sources(url = "https://example.org/apt", keyring = vendor, keys = ["AB"], check_valid_until = False),
            ],
        ),
    )
    asserts.equals(
        env,
        {
            "version": 1,
            "architectures": ["amd64", "arm64"],
            "sources": [
                {
                    "archive": "debian",
                    "suites": ["bookworm"],
                    "components": ["main"],
                    "keyring": "_keyrings/rules/keyrings/debian-archive-keyring.pgp",
                },
                {
                    "archive": "ubuntu",
                    "suites": ["noble"],
                    "components": ["main"],
                    "keyring": "_keyrings/rules/keyrings/ubuntu-archive-keyring.pgp",
                },
                {
                    "url": "https://example.org/apt",
                    "suites": ["bookworm"],
                    "components": ["main"],
                    "keyring": "_keyrings/rules/private/BUILD.bazel",
                    "keys": ["AB"],
                    "check_valid_until": False,
                },
            ],
            "sets": {
                "packages": {
                    "packages": ["curl", "libfoo1 (= 1.2-3) [amd64]"],
                    "ignored_dependencies": {"debconf": "for scripts"},
                },
                "app": {
                    "packages": ["nginx"],
                    "base": ["packages"],
                    "architectures": ["amd64"],
                    "dependencies": "explicit",
                },
            },
        },
        json.decode(manifest.text),
    )
    asserts.equals(env, vendor, manifest.keyrings["_keyrings/rules/private/BUILD.bazel"])
    asserts.equals(env, ["app", "curl", "libfoo1", "nginx", "packages"], manifest.names)
    return unittest.end(env)

_from_tags_test = unittest.make(_from_tags_test_impl)

MANIFEST_TESTS = [_words_test, _keyring_test, _from_tags_test]
