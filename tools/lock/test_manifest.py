from __future__ import annotations

import pytest

from tools.lib.cli.errors import ToolError
from tools.lock.manifest_reader import parse_manifest

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


def test_a_manifest_with_all_its_parts() -> None:
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
        ("version: 1", "version: 2", "no `version: 1`"),
        ("version: 1", "version: 1\nversion: 1", "the key 'version' is there twice"),
        ("sets:", "set:", "unknown key 'set' (hint: did you mean 'sets'?)"),
        ("suites: [bookworm]", "suite: bookworm", "sources[0]: unknown key 'suite'"),
        ("[bookworm]", "[]", "sources[0].suites: expected at least one suite"),
        ("[main]", "[]", "sources[0].components: expected at least one component"),
        ("[bookworm]", "bookworm", "sources[0].suites: expected a list"),
        ("    components: [main]\n", "", "sources[0]: no `components`"),
        ("archive: debian", "archive: debian\n    url: http://a", "sources[0]: expected either"),
        ("https://example.org/apt/", "ftp://a", "sources[1].url: expected a URL"),
        ("    keyring: b.gpg", "    keys: [12]", "sources[1].keys[0]: expected the fingerprint"),
        ("keyring: keys/a.gpg\n", "", "sources[0]: no `keyring`"),
        ("[amd64, arm64]", "[amd64, amd64]", "architectures: expected a list of names, each once"),
        ("architectures: [amd64], ", "architectures: [s390x], ", "sets.app.architectures: "),
        ("base: [low]", "base: [lov]", "sets.app.base[0]: expected the name of a set"),
        ("[libc6]", "[libc6], base: [app]", "stands on itself: "),
        ("[libc6]", "[libc6], architectures: [arm64]", "its base low is not"),
        ("[libfoo (= 1)]", "[libfoo (1)]", "sets.app.packages[0]: 'libfoo (1)' is not"),
        ("[libfoo (= 1)]", "['libfoo [amd46]']", "sets.app.packages[0]: expected in brackets"),
        ("explicit", "none", "sets.low.dependencies: expected `resolve` or `explicit`"),
        ("{a: is off}", "{a: }", "sets.low.ignored_dependencies: expected a reason"),
        ("{a: is off}", "[a]", "sets.low.ignored_dependencies: expected a mapping"),
        ("app: {", "App: {", "sets: 'App' is not a name"),
    ],
)
def test_a_fault_is_told_with_its_place(old: str, new: str, message: str) -> None:
    assert GOOD.count(old) == 1 or old in ("sets:", "[amd64, arm64]")
    with pytest.raises(ToolError) as caught:
        parse_manifest(GOOD.replace(old, new, 1).encode(), "a.yaml")
    assert str(caught.value).startswith("a.yaml")
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", "a", "[]", "{", "\0", "!!python/object:os.system {}"])
def test_what_is_no_manifest_is_told(text: str) -> None:
    with pytest.raises(ToolError, match=r"^a\.yaml"):
        parse_manifest(text.encode(), "a.yaml")
