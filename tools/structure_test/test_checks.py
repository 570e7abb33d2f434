import tarfile
from pathlib import Path

import pytest

from tools.lib.oci.image_config import RunConfig
from tools.structure_test.checks import (
    check_content,
    check_existence,
    check_metadata,
)
from tools.structure_test.config import (
    ContentTest,
    ExistenceTest,
    MetadataTest,
    Variable,
)
from tools.structure_test.image import ImageFiles
from tools.structure_test.sample_images import Entry, directory, hardlink, open_image, symlink


@pytest.fixture
def image(tmp_path: Path) -> ImageFiles:
    return open_image(
        tmp_path,
        directory("etc", 0o755),
        Entry("etc/passwd", b"root:x:0:0\n", 0o640, 5, 6),
        symlink("etc/relative", "passwd"),
        symlink("etc/absolute", "/etc/passwd"),
        symlink("etc/outside", "../../../../etc/passwd"),
        symlink("etc/dangling", "/nowhere"),
        symlink("etc/loop", "loop"),
        hardlink("etc/hard", "etc/passwd"),
        Entry("etc/fifo", kind=tarfile.FIFOTYPE),
        directory("usr/bin"),
        Entry("usr/bin/tool", b"\xff\0", 0o710),
        symlink("bin", "usr/bin"),
        directory("tmp", 0o1777),
    )


@pytest.mark.parametrize(
    "test",
    [
        ExistenceTest("", "/etc/passwd", True, "-rw-r-----", 5, 6),
        ExistenceTest("", "etc//./passwd/"),
        ExistenceTest("", "/"),
        ExistenceTest("", "/tmp", permissions="dtrwxrwxrwx", uid=0, gid=0),
        # Only links before the end of the path are followed.
        ExistenceTest("", "/etc/dangling", permissions="Lrwxrwxrwx"),
        ExistenceTest("", "/bin", permissions="Lrwxrwxrwx"),
        ExistenceTest("", "/bin/tool", permissions="-rwx--x---"),
        ExistenceTest("", "/bin/tool", executable_by="owner"),
        ExistenceTest("", "/bin/tool", executable_by="group"),
        ExistenceTest("", "/bin/tool", executable_by="any"),
        ExistenceTest("", "/etc/hard", uid=5),
        ExistenceTest("", "/etc/shadow", False),
        ExistenceTest("", "/etc/passwd/x", False),
        ExistenceTest("", "/etc/dangling/x", False),
        ExistenceTest("", "/etc/loop/x", False),
    ],
)
def test_existing_paths(image: ImageFiles, test: ExistenceTest) -> None:
    assert list(check_existence(image.tree, test)) == []


@pytest.mark.parametrize(
    ("test", "errors"),
    [
        (
            ExistenceTest("", "/usr/tool"),
            ["expected /usr/tool, but /usr/tool does not exist; did you mean /usr/bin/tool?"],
        ),
        (
            ExistenceTest("", "/etc/pasword"),
            ["expected /etc/pasword, but /etc/pasword does not exist; did you mean /etc/passwd?"],
        ),
        (
            ExistenceTest("", "/etc/passwd/x"),
            ["expected /etc/passwd/x, but /etc/passwd is not a directory"],
        ),
        (
            ExistenceTest("", "/etc/passwd", False),
            ["expected no /etc/passwd, found -rw-r----- 5:6"],
        ),
        (
            ExistenceTest("", "/etc/passwd", True, "-rw-r--r--", 0, 0, "other"),
            [
                "/etc/passwd: permissions: expected -rw-r--r--, found -rw-r-----",
                "/etc/passwd: uid: expected 0, found 5",
                "/etc/passwd: gid: expected 0, found 6",
                "/etc/passwd: expected to be executable by other, found -rw-r-----",
            ],
        ),
    ],
)
def test_existence_errors(image: ImageFiles, test: ExistenceTest, errors: list[str]) -> None:
    assert list(check_existence(image.tree, test)) == errors


@pytest.mark.parametrize("name", ["passwd", "relative", "absolute", "outside", "hard"])
def test_content_follows_links_inside_the_image(image: ImageFiles, name: str) -> None:
    test = ContentTest("", f"/etc/{name}", ("^root:x:0:0\n$",), ("nobody",))
    assert list(check_content(image, test)) == []


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/etc/dangling", "/nowhere does not exist"),
        ("/etc/loop", "/etc/loop: too many symbolic links, or a loop of them"),
        ("/tmp", "/tmp is not a regular file: dtrwxrwxrwx"),
        ("/etc/fifo", "/etc/fifo is not a regular file: prw-r--r--"),
        # Other paths are suggested only if the path does not exist.
        ("/etc/fif", "/etc/fif does not exist; did you mean /etc/fifo?"),
    ],
)
def test_paths_without_content(image: ImageFiles, path: str, error: str) -> None:
    assert list(check_content(image, ContentTest("", path))) == [f"expected {path}, but {error}"]


def test_suggestions_for_long_names_cost_little(image: ImageFiles) -> None:
    path = "/etc/" + "passwd" * 100000
    (error,) = check_existence(image.tree, ExistenceTest("", path))
    assert error == f"expected {path}, but {path} does not exist"


def test_content_errors(image: ImageFiles) -> None:
    assert list(check_content(image, ContentTest("", "/etc/passwd", ("^x", "root"), ("0:0",)))) == [
        "/etc/passwd: expected a match of '^x', found 'root:x:0:0\\n'",
        "/etc/passwd: expected no match of '0:0', found 'root:x:0:0\\n'",
    ]


def test_binary_content(image: ImageFiles) -> None:
    test = ContentTest("", "/usr/bin/tool", (r"^\x{fffd}\x00$",))
    assert list(check_content(image, test)) == []


CONFIG = RunConfig(
    environment=("PATH=/bin", "EMPTY="),
    labels={"vendor": "ACME", "built": "2024-01-02"},
    exposed_ports=("8080/tcp", "53/udp", "90"),
    volumes=("/data",),
    entrypoint=("/bin/app", "-v"),
    cmd=(),
    workdir="/srv",
    user="65532",
)


def test_metadata_that_matches() -> None:
    test = MetadataTest(
        env=(Variable("PATH", "/bin"), Variable("EMPTY", "")),
        unbound_env=("HOME",),
        labels=(Variable("vendor", "ACME"), Variable("built", r"^\d{4}-", True)),
        exposed_ports=("8080", "8080/tcp", "53/udp", "53", "90/tcp"),
        unexposed_ports=("80", "8080/udp", "53/tcp"),
        volumes=("/data",),
        unmounted_volumes=("/other",),
        entrypoint=("/bin/app", "-v"),
        cmd=(),
        workdir="/srv",
        user="65532",
    )
    assert list(check_metadata(CONFIG, test)) == []


@pytest.mark.parametrize(
    ("test", "error"),
    [
        (
            MetadataTest(env=(Variable("PATH", "/usr/bin"),)),
            "environment variable PATH: expected '/usr/bin', found '/bin'",
        ),
        (
            MetadataTest(env=(Variable("PATH", "^/usr", True),)),
            "environment variable PATH: expected a match of '^/usr', found '/bin'",
        ),
        (
            MetadataTest(env=(Variable("HOME", "/"),)),
            "environment variable HOME: not found in PATH, EMPTY",
        ),
        (
            MetadataTest(unbound_env=("EMPTY",)),
            "environment variable EMPTY: expected none, found ''",
        ),
        (
            MetadataTest(labels=(Variable("x", "y"),)),
            "label x: not found in vendor, built",
        ),
        (
            MetadataTest(exposed_ports=("80",)),
            "exposed port 80: not found in 8080/tcp, 53/udp, 90",
        ),
        (
            MetadataTest(unexposed_ports=("8080",)),
            "exposed port 8080: expected none, found 8080/tcp, 53/udp, 90",
        ),
        (MetadataTest(volumes=("/x",)), "volume /x: not found in /data"),
        (MetadataTest(unmounted_volumes=("/data",)), "volume /data: expected none, found /data"),
        (MetadataTest(entrypoint=()), 'entrypoint: expected [], found ["/bin/app", "-v"]'),
        (MetadataTest(cmd=("x",)), 'cmd: expected ["x"], found []'),
        (MetadataTest(workdir="/"), 'workdir: expected "/", found "/srv"'),
        (MetadataTest(user="root"), 'user: expected "root", found "65532"'),
    ],
)
def test_metadata_errors(test: MetadataTest, error: str) -> None:
    assert list(check_metadata(CONFIG, test)) == [error]


def test_unset_cmd_and_entrypoint_are_not_checked() -> None:
    assert list(check_metadata(CONFIG, MetadataTest(cmd=None, entrypoint=None))) == []
