from __future__ import annotations

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.manifest.manifest_reader import parse_manifest

GOOD = """\
version: 1
architectures: [amd64, arm64]
keyring: keys/a.gpg
keys: [4D64 FEC1 19C2 0290 67D6  E791 F8D2 585B 8783 D481]
sources:
  - archive: debian
    suites: [bookworm]
    components: [main]
  - url: https://example.org/apt/
    suites: [./]
    keyring: b.gpg
    check_valid_until: no
sets:
  app: {packages: [libfoo (= 1)], base: [low], architectures: [amd64], ignored_dependencies: {b: r}}
  low: {packages: [libc6], dependencies: explicit, ignored_dependencies: {a: is off}}
"""


def test_a_manifest_with_all_fields() -> None:
    manifest = parse_manifest(GOOD.encode(), "private/lock/a.yaml")
    first, second = manifest.sources
    assert first.keyring == "private/lock/keys/a.gpg"
    assert first.keys == ("4d64fec119c2029067d6e791f8d2585b8783d481",)
    assert second.url == "https://example.org/apt"
    assert (second.keyring, second.keys) == ("private/lock/b.gpg", ())
    assert (first.check_valid_until, second.check_valid_until) == (True, False)
    low, app = manifest.sets
    assert (low.name, low.resolve_dependencies, low.architectures) == (
        "low",
        False,
        ("amd64", "arm64"),
    )
    assert (app.name, app.resolve_dependencies, app.architectures) == ("app", True, ("amd64",))
    assert app.bases == ("low",)
    assert app.ignored_dependencies == {"a": "is off", "b": "r"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1", "version: 2", "version: expected 1, found 2"),
        ("version: 1", "version: 1\nversion: 1", "duplicate key 'version'"),
        ("sets:", "set:", "unknown field 'set' (hint: did you mean 'sets'?)"),
        ("suites: [bookworm]", "suite: bookworm", "sources[0]: unknown field 'suite'"),
        ("[bookworm]", "[]", "sources[0].suites: expected at least one suite"),
        ("[main]", "[]", "sources[0].components: expected at least one component"),
        ("[bookworm]", "bookworm", "sources[0].suites: expected a list"),
        ("    components: [main]\n", "", "sources[0]: missing `components`"),
        ("archive: debian", "archive: debian\n    url: http://a", "sources[0]: set either"),
        ("https://example.org/apt/", "ftp://a", "sources[1].url: invalid URL: must start with"),
        ("    keyring: b.gpg", "    keys: [12]", "sources[1].keys[0]: expected the fingerprint"),
        ("[amd64, arm64]", "[amd64, amd64]", "architectures: duplicate entry 'amd64'"),
        (
            "architectures: [amd64], ",
            "architectures: [s390x], ",
            "sets.app.architectures: unknown architecture 's390x'",
        ),
        (
            "base: [low]",
            "base: [lov]",
            "sets.app.base[0]: unknown set 'lov' (hint: known sets: app, low)",
        ),
        (
            "[libc6]",
            "[libc6], base: [app]",
            "sets.low.base[0]: dependency cycle: app -> low -> app",
        ),
        ("[libc6]", "[libc6], architectures: [arm64]", "sets.app: the base low lacks amd64"),
        (
            "[libfoo (= 1)]",
            "[libfoo (1)]",
            "sets.app.packages[0]: invalid package relation 'libfoo (1)'",
        ),
        (
            "[libfoo (= 1)]",
            "['libfoo [amd46]']",
            "sets.app.packages[0]: unknown architecture 'amd46'",
        ),
        ("explicit", "none", "sets.low.dependencies: expected `resolve` or `explicit`"),
        ("{a: is off}", "{a: }", "sets.low.ignored_dependencies: expected a reason"),
        ("{a: is off}", "[a]", "sets.low.ignored_dependencies: expected a mapping"),
        ("{a: is off}", "{~: b}", "sets.low.ignored_dependencies: expected a mapping from names"),
        ("app: {", "App: {", "sets.App: invalid name 'App'"),
    ],
)
def test_errors_name_the_place(old: str, new: str, message: str) -> None:
    assert GOOD.count(old) == 1 or old in ("sets:", "[amd64, arm64]")
    with pytest.raises(ToolError) as caught:
        parse_manifest(GOOD.replace(old, new, 1).encode(), "a.yaml")
    assert str(caught.value).startswith("a.yaml")
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", "a", "[]", "{", "\0", "!!python/object:os.system {}"])
def test_a_file_that_is_not_a_manifest_is_an_error(text: str) -> None:
    with pytest.raises(ToolError, match=r"^a\.yaml"):
        parse_manifest(text.encode(), "a.yaml")


@pytest.mark.parametrize(
    ("source", "keyring"),
    [
        ("archive: debian-security", "debian"),
        ("archive: ubuntu", "ubuntu"),
        ("url: https://mirror.debian.org/debian/", "debian"),
        ("url: https://mirror.example.com/debian-security", "debian"),
        ("url: http://ports.ubuntu.com/ubuntu-ports", "ubuntu"),
        ("url: https://snapshot.debian.org/archive/debian/20240210T223313Z", "debian"),
        ("url: https://snapshot.ubuntu.com/ubuntu/20240301T030400Z", "ubuntu"),
    ],
)
def test_debian_and_ubuntu_need_no_keyring(source: str, keyring: str) -> None:
    text = f"""\
version: 1
architectures: [amd64]
sources: [{{{source}, suites: [a], components: [main]}}]
sets: {{s: {{packages: [a]}}}}
"""
    (found,) = parse_manifest(text.encode(), "some.yaml").sources
    assert found.keyring.endswith(f"/rules/keyrings/{keyring}-archive-keyring.pgp")
    with open(found.keyring, "rb") as file:
        assert len(file.read()) > 1000
    other = text.replace(source, "url: https://example.org/apt")
    with pytest.raises(ToolError, match=r"sources\[0\]: missing `keyring`"):
        parse_manifest(other.encode(), "some.yaml")
