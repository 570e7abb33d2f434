import fnmatch
import itertools
import random
import re
from dataclasses import replace

import pytest

from tools.deb.path_filter import PathFilter
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.errors import ToolError


def keeps(path_filter: PathFilter, path: str) -> bool:
    return path_filter.keeps(TarEntry(path, "file", 0o644))


def matches(pattern: str, path: str) -> bool:
    return not keeps(PathFilter([pattern], [], default_excludes=False), path)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("usr/share/doc/x/changelog.gz", False),
        ("usr/share/doc/x/copyright", True),
        ("usr/share/doc/x/copyright.old", False),
        ("usr/share/doc/x/y/copyright", False),
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
def test_documentation_is_excluded_by_default_and_copyright_is_kept(path: str, kept: bool) -> None:
    assert keeps(PathFilter([], []), path) is kept


def test_a_link_to_another_packages_documentation_is_kept_and_other_links_are_not() -> None:
    path_filter = PathFilter([], [])
    link = TarEntry("usr/share/doc/libx-dev", "symlink", 0o777, link="libx1")
    assert path_filter.keeps(link)
    assert not path_filter.keeps(replace(link, path="usr/share/doc/libx-dev/FAQ"))
    assert not PathFilter(["usr/share/doc/libx-dev"], []).keeps(link)
    assert PathFilter(["usr/share/doc"], ["usr/share/doc/libx-dev"]).keeps(link)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("usr", "usr", True),
        ("usr", "usr2", False),
        ("usr/*", "usr", False),
        ("usr/*", "usr/a", True),
        ("usr/*", "usr/a/b/c", True),
        ("usr/*.txt", "usr/a/b.txt", False),
        ("usr/*.txt", "usr/b.txt.gz", False),
        ("usr/a*b*c", "usr/abbcbc", True),
        ("usr/a*b*c", "usr/acb", False),
        ("usr/*a", "usr/aba", True),
        ("usr/*?a", "usr/a", False),
        ("usr/**", "usr", False),
        ("usr/**", "usr/a", True),
        ("usr/**/**", "usr/a", True),
        ("usr/**/*.txt", "usr/b.txt", True),
        ("usr/**/*.txt", "usr/a/b/c.txt", True),
        ("usr/**/a/b", "usr/a/a/b/c", True),
        ("usr/**/a/**/b", "usr/x/a/a/y/b", True),
        ("usr/**/a/**/b", "usr/x/b/a", False),
        ("**/x", "x", True),
        ("**/x", "axe/x/b", True),
        ("**/x", "ax", False),
        ("**", "x", True),
        ("/usr/a/", "usr/a/b", True),
        ("usr/?", "usr/ü", True),
        ("usr/?", "usr/", False),
        ("a.b+[c]", "a.b+[c]", True),
        ("a.b", "axb", False),
        ("a\nb*", "a\nbc\nd", True),
        ("a", "a\n", False),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


def test_stars_match_what_fnmatch_matches() -> None:
    dice = random.Random(0)
    for _ in range(3000):
        pattern = "".join(dice.choices("ab*?", k=dice.randrange(1, 8)))
        pattern = re.sub(r"\*+", "*", pattern)
        path = "".join(dice.choices("ab", k=dice.randrange(1, 9)))
        assert matches(pattern, path) is fnmatch.fnmatchcase(path, pattern), (pattern, path)


def _applies(names: list[str], path: list[str]) -> bool:
    if not names:
        return True
    if names[0] == "**":
        return any(_applies(names[1:], path[skip:]) for skip in range(len(path) + 1))
    return bool(path) and names[0] in ("*", path[0]) and _applies(names[1:], path[1:])


def test_double_stars_match_what_a_backtracking_matcher_matches() -> None:
    dice = random.Random(1)
    for _ in range(3000):
        names = [*dice.choices(["a", "b", "*", "**"], k=dice.randrange(0, 5)), dice.choice("ab*")]
        path = dice.choices("ab", k=dice.randrange(1, 7))
        assert matches("/".join(names), "/".join(path)) is _applies(names, path), (names, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 60 + "b", "a" * 4000),
        ("?*" * 60 + "b", "a" * 4000),
        ("**/a/" * 60 + "b", "a/" * 2000 + "a"),
        ("**/*a*a*/" * 60 + "b", "aaa/" * 1000 + "a"),
        ("**/" + "a/" * 1000 + "b", "a/" * 2000 + "a"),
    ],
)
def test_patterns_with_many_stars_take_no_time(pattern: str, path: str) -> None:
    # A matcher that backtracks would not return.
    assert not matches(pattern, path)


@pytest.mark.parametrize("pattern", ["", "/", "//"])
def test_an_empty_pattern_is_an_error(pattern: str) -> None:
    with pytest.raises(ToolError, match="empty pattern in exclude or include"):
        PathFilter([], [pattern])


@pytest.mark.parametrize("pattern", ["usr/**.txt", "a**", "usr/***/b"])
def test_a_double_star_that_is_not_a_name_of_its_own_is_an_error(pattern: str) -> None:
    with pytest.raises(ToolError, match=r"invalid pattern .*must be a name of its own"):
        PathFilter([pattern], [])


def test_includes_take_precedence_over_excludes() -> None:
    path_filter = PathFilter(["usr/**"], ["usr/a"])
    assert keeps(path_filter, "usr/a/b")
    assert not keeps(path_filter, "usr/b")
    assert keeps(path_filter, "usr/share/doc/x/copyright")


def test_default_excludes_can_be_turned_off() -> None:
    assert keeps(PathFilter([], [], default_excludes=False), "usr/share/man/man1/x.1")


def test_the_order_of_patterns_does_not_matter() -> None:
    for patterns in itertools.permutations(["a/*", "a/**/c", "b"]):
        path_filter = PathFilter(patterns, [])
        assert [path for path in ("a", "a/b", "b", "c") if keeps(path_filter, path)] == ["a", "c"]


def test_required_includes_must_match() -> None:
    path_filter = PathFilter(["*"], [], required_include=["usr/lib/locale/C.utf8"])
    assert keeps(path_filter, "usr/lib/locale/C.utf8/LC_CTYPE")
    assert not keeps(path_filter, "usr/bin/locale")
    assert path_filter.keeps_target("usr/lib/locale/C.utf8/LC_CTYPE")
    assert not path_filter.keeps_target("usr/bin/locale")
    path_filter.check_matches(["usr/lib/locale/C.utf8/LC_CTYPE"])
    with pytest.raises(ToolError, match=r"^the package has no usr/lib/locale/C\.utf8 "):
        path_filter.check_matches(["usr/lib/locale/de_DE/LC_CTYPE"])
