from __future__ import annotations

import pytest

from tools.lib.debian.alternatives import (
    Alternative,
    AlternativeLink,
    Alternatives,
    read_alternatives,
)

AWK = Alternative(AlternativeLink("/usr/bin/awk", "awk", "/usr/bin/mawk"), 5)

# As in Debian's mawk, libblas3 and sensible scripts of others.
MAWK = r"""#!/bin/sh
set -e
if [ "$1" = "configure" ]; then
  # update-alternatives --install /usr/bin/old old /usr/bin/old 1
  update-alternatives --quiet \
    --install /usr/bin/awk awk /usr/bin/mawk 5 \
    --slave /usr/share/man/man1/awk.1.gz awk.1.gz /usr/share/man/man1/mawk.1.gz \
    --slave /usr/bin/nawk nawk /usr/bin/mawk
fi
"""


def test_a_command_with_slaves_and_continued_lines() -> None:
    assert read_alternatives(MAWK) == Alternatives(
        (
            Alternative(
                AWK.master,
                5,
                (
                    AlternativeLink(
                        "/usr/share/man/man1/awk.1.gz",
                        "awk.1.gz",
                        "/usr/share/man/man1/mawk.1.gz",
                    ),
                    AlternativeLink("/usr/bin/nawk", "nawk", "/usr/bin/mawk"),
                ),
            ),
        )
    )


@pytest.mark.parametrize(
    "script",
    [
        "update-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5 || true\n",
        "if true; then update-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5; fi",
        "P=5\nD='/usr/bin'\nupdate-alternatives --install \"$D\"/awk awk ${D}/mawk $P >/dev/null",
        "/usr/sbin/update-alternatives --force --install /usr/bin/awk awk /usr/bin/mawk 5",
    ],
)
def test_commands_of_literal_words_and_simple_variables(script: str) -> None:
    assert read_alternatives(script) == Alternatives((AWK,))


@pytest.mark.parametrize(
    "script",
    [
        "update-alternatives --install /usr/bin/$x x /usr/bin/y 5",
        "for x in $y; do\nupdate-alternatives --install /usr/bin/$x $x /usr/bin/$x.1 5\ndone",
        "for x in *; do\nupdate-alternatives --install /usr/bin/$x $x /usr/bin/$x.1 5\ndone",
        "x=1\nx=2\nupdate-alternatives --install /usr/bin/$x x /usr/bin/y 5",
        "x=$(ls)\nupdate-alternatives --install /usr/bin/x x /usr/bin/$x 5",
        "update-alternatives --install /usr/bin/x x `which y` 5",
        "update-alternatives --install /usr/bin/x x usr/bin/y 5",
        "update-alternatives --install /usr/bin/x x /usr/bin/y high",
        "update-alternatives --install /usr/bin/x x /usr/bin/y",
        "update-alternatives --install '/usr/bin/x x /usr/bin/y 5",
    ],
)
def test_other_commands_are_reported(script: str) -> None:
    found = read_alternatives(script)
    assert found.known == ()
    assert len(found.unknown) == 1
    assert "--install" in found.unknown[0]


def test_a_loop_over_literal_words() -> None:
    script = (
        "for p in compare convert; do\n"
        "  update-alternatives --install /usr/bin/$p \\\n    $p /usr/bin/$p-im6 10\ndone\n"
    )
    assert read_alternatives(script) == Alternatives(
        tuple(
            Alternative(AlternativeLink(f"/usr/bin/{name}", name, f"/usr/bin/{name}-im6"), 10)
            for name in ("compare", "convert")
        )
    )


def test_an_empty_word() -> None:
    script = (
        'if [ "$2" = "" ]; then\n  update-alternatives --install /usr/bin/x x /usr/bin/y 5\nfi\n'
    )
    link = AlternativeLink("/usr/bin/x", "x", "/usr/bin/y")
    assert read_alternatives(script) == Alternatives((Alternative(link, 5),))


def test_a_script_with_very_many_commands_is_not_read_to_its_end() -> None:
    command = "update-alternatives --install /usr/bin/$x x /usr/bin/y 5\n"
    words = " ".join(f"w{number}" for number in range(200))
    assert read_alternatives(f"for x in {words}; do\n{command * 5000}").unknown == (
        "more than 4096 alternatives",
    )
    assert read_alternatives(f"for x in {words} {words}; do\n{command}").known == ()


def test_other_scripts_have_none() -> None:
    assert read_alternatives("update-alternatives --remove awk /usr/bin/mawk\n") == Alternatives()
