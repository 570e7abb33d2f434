"""What the scripts of packages would do, told when the packages are locked."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from tools.lib.apt.testing_repository import date, stanza
from tools.lib.debian.testing import COMPRESSIONS, PackedEntry, ar, file, tar
from tools.lib.resolver.maintainer_scripts import find_work
from tools.lock.testing import Workspace

POSTINST = """\
#!/bin/sh
set -e
# adduser is not called here
if [ "$1" = configure ]; then
    if ! getent passwd _app > /dev/null; then
        adduser --system --group --home /var/lib/app \\
            --no-create-home _app
    fi
    systemd-sysusers app.conf
    update-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5 \\
        --slave /usr/share/man/man1/awk.1.gz awk.1.gz /usr/share/man/man1/mawk.1.gz
    /usr/sbin/update-ca-certificates --fresh || true
fi
echo "run ldconfig"
"""


def test_users_alternatives_and_caches_are_found() -> None:
    work = find_work("app", {"postinst": POSTINST, "triggers": "# x\nactivate-noawait ldconfig\n"})
    assert work.users == ("_app", "those of /usr/lib/sysusers.d/app.conf")
    assert work.alternatives == ("/usr/bin/awk -> /usr/bin/mawk",)
    assert work.caches == ("update-ca-certificates", "ldconfig")


@pytest.mark.parametrize(
    ("script", "user"),
    [
        ('USER="memcache"\nadduser \\\n  --gecos "M" \\\n  $USER  >/dev/null\n', "memcache"),
        ('useradd -r "$NAME"\n', "a name that the script computes"),
        ("NAME=a\nNAME=b\nuseradd $NAME\n", "a name that the script computes"),
        ("adduser --system 'unclosed\n", "a name that the script computes"),
        ("adduser\n", "a name that the script computes"),
        ("systemd-sysusers\n", "those of /usr/lib/sysusers.d"),
        (
            'systemd-sysusers ${DPKG_ROOT:+--root="$DPKG_ROOT"} app.conf\n',
            "those of /usr/lib/sysusers.d/app.conf",
        ),
    ],
)
def test_users_that_are_not_written_in_the_command(script: str, user: str) -> None:
    assert find_work("app", {"preinst": script}).users == (user,)


def test_links_that_a_script_computes_are_said_to_be_so() -> None:
    script = "update-alternatives --install $(which x) x /usr/bin/x 1\n"
    work = find_work("app", {"postinst": script})
    assert work.alternatives == ("links that the script computes",)


@pytest.mark.parametrize(
    "rest", [" || true", " >/dev/null 2>&1 || true", "; fi", ' && echo "made; done"', " # later"]
)
def test_what_follows_a_command_is_no_user(rest: str) -> None:
    script = f"adduser --system --gecos 'a; b' _app{rest}\n"
    assert find_work("app", {"postinst": script}).users == ("_app",)


def test_alternatives_of_manual_pages_are_not_listed() -> None:
    script = (
        "update-alternatives --install /usr/share/man/man7/a.7.gz a.7.gz /usr/share/man/b.7.gz 1\n"
    )
    assert not find_work("app", {"postinst": script}).alternatives


def test_interest_in_triggers_and_removal_do_nothing() -> None:
    files = {"triggers": "interest-noawait /usr/lib/x\n", "prerm": "ldconfig\n"}
    work = find_work("app", files)
    assert (work.users, work.alternatives, work.caches) == ((), (), ())


def package(path: Path, *controls: PackedEntry, suffix: str = ".xz", filler: bytes = b"") -> None:
    control = COMPRESSIONS[suffix](tar(file("./md5sums", filler), *controls))
    members = [("debian-binary", b"2.0\n"), (f"control.tar{suffix}", control)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(ar([*members, ("data.tar.xz", bytes(100_000))]))


@pytest.mark.parametrize("suffix", [".xz", ".zst", ".gz", ""])
@pytest.mark.parametrize("size", [0, 100_000])
def test_a_lock_lists_what_is_new(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], suffix: str, size: int
) -> None:
    pool = workspace.repository.root / "pool" / "main"
    filler = random.Random(1).randbytes(size)
    scripts = (file("./postinst", POSTINST.encode()), file("./triggers", b"activate ldconfig\n"))
    package(pool / "a/app/app_1.0_amd64.deb", *scripts, suffix=suffix, filler=filler)
    assert workspace.lock() == 0
    expected = [
        "  nothing runs maintainer scripts; those of the new packages would make or update:",
        "    users and groups (see the rules passwd, group): app (_app,"
        " those of /usr/lib/sysusers.d/app.conf)",
        "    alternatives (`alternatives = True` of an image): /usr/bin/awk -> /usr/bin/mawk (app)",
        "    ldconfig (oci_image makes a cache where an image needs one): app",
        "    update-ca-certificates (see the rule trust_store): app",
        "    not known, because their scripts were not read: lib",
    ]
    assert capsys.readouterr().out.splitlines()[1:] == expected
    # What was locked before is not listed again.
    assert workspace.lock() == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    workspace.repository.write_suite("stable", {"amd64": [stanza("app", "1.1")]}, Date=date(-0.5))
    package(pool / "a/app/app_1.1_amd64.deb", file("./triggers", b"activate ldconfig\n"))
    assert workspace.lock("--update") == 0
    assert capsys.readouterr().out.splitlines()[-1] == expected[3]


NEGATIVE_SIZE = b"!<arch>\n" + b"x".ljust(48) + b"-60".ljust(10) + b"`\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"!<arch>\n",
        b"<html>",
        ar([("debian-binary", b"2.0\n"), ("control.tar.xz", b"xz")]),
        ar([("debian-binary", b"2.0\n"), ("control.tar", bytes(5 << 20))])[:1000],
        ar([("debian-binary", b"2.0\n"), ("control.tar.gz", gzip.compress(bytes(40 << 20)))]),
        NEGATIVE_SIZE,
    ],
)
def test_a_broken_package_does_not_fail_the_lock(workspace: Workspace, data: bytes) -> None:
    path = workspace.repository.root / "pool/main/a/app/app_1.0_amd64.deb"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    assert workspace.lock() == 0
