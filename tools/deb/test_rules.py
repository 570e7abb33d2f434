import pytest

from tools.deb.rules import keeper
from tools.lib.archive.tar_entry import Entry


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("usr/share/doc/x/changelog.gz", False),
        ("usr/share/doc/x/copyright", True),
        ("usr/share/doc/x/copyright.old", False),
        ("usr/share/man/man1/x.1.gz", False),
        ("usr/share/mandala", True),
        ("usr/lib/jvm/java-17-openjdk-amd64/man/man1/java.1.gz", False),
        ("usr/share/locale/de/LC_MESSAGES/x.mo", False),
        ("usr/share/locale/locale.alias", True),
        ("usr/lib/locale/C.utf8/LC_CTYPE", True),
        ("usr/share/zoneinfo/right/Europe/Berlin", True),
        ("usr/share/common-licenses/GPL-3", True),
    ],
)
def test_documentation_goes_by_default_and_copyright_stays(path: str, kept: bool) -> None:
    assert keeper([], [])(Entry(path, "file", 0o644)) is kept


def test_a_package_s_link_to_another_s_copyright_stays_and_other_links_go() -> None:
    keep = keeper([], [])
    assert keep(Entry("usr/share/doc/libx-dev", "symlink", 0o777, link="libx1"))
    assert not keep(Entry("usr/share/doc/libx-dev/FAQ", "symlink", 0o777, link="README"))


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("usr/*", "usr/a", True),
        ("usr/*", "usr/a/b/c", True),
        ("usr/*.txt", "usr/a/b.txt", False),
        ("usr/**/*.txt", "usr/b.txt", True),
        ("usr/**/*.txt", "usr/a/b/c.txt", True),
        ("**/x", "x", True),
        ("**/x", "axe/x/b", True),
        ("**/x", "ax", False),
        ("/usr/a/", "usr/a/b", True),
        ("usr/?", "usr/ü", True),
        ("usr/?", "usr/", False),
        ("a.b+[c]", "a.b+[c]", True),
        ("a.b", "axb", False),
        ("usr", "usr2", False),
        ("", "usr", False),
    ],
)
def test_patterns(pattern: str, path: str, matches: bool) -> None:
    assert keeper([pattern], [])(Entry(path, "file", 0o644)) is not matches


def test_what_is_included_stays_whatever_excludes_it() -> None:
    keep = keeper(["usr/**"], ["usr/a"])
    assert keep(Entry("usr/a/b", "file", 0o644))
    assert not keep(Entry("usr/b", "file", 0o644))
    assert keep(Entry("usr/share/doc/x/copyright", "file", 0o644))


def test_the_defaults_can_be_left_off() -> None:
    assert keeper([], [], default=False)(Entry("usr/share/man/man1/x.1", "file", 0o644))
