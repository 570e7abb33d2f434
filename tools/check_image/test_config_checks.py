from __future__ import annotations

import pytest

from tools.check_image.config_checks import check_entrypoint, check_user
from tools.lib.oci.image_config import RunConfig
from tools.lib.part.part import PartEntry
from tools.lib.part.testing import directory, file, part, symlink
from tools.lib.rootfs.image import ImageView

IMAGE = ImageView(
    [
        part(
            file("opt/app", 0o755),
            file("opt/data", 0o644),
            file("usr/bin/tool", 0o700),
            symlink("bin", "usr/bin"),
            symlink("opt/gone", "/srv/app"),
            directories=[directory("srv")],
        )
    ]
)


@pytest.mark.parametrize(
    "config",
    [
        RunConfig(),
        RunConfig(entrypoint=("/opt/app",)),
        RunConfig(entrypoint=("/opt/app",), cmd=("--missing",)),
        RunConfig(cmd=("/bin/tool",)),
        RunConfig(cmd=("tool",)),
        RunConfig(entrypoint=("app",), environment=("PATH=/srv:/opt",)),
        RunConfig(entrypoint=("./app",), workdir="/opt"),
        RunConfig(entrypoint=("opt/app",)),
        RunConfig(entrypoint=("../opt/app",), workdir="/srv"),
    ],
)
def test_program_that_the_image_has(config: RunConfig) -> None:
    assert list(check_entrypoint(IMAGE, config)) == []


@pytest.mark.parametrize(
    ("config", "path", "owner", "fault"),
    [
        (RunConfig(entrypoint=("/app",)), "app", "entrypoint", "'/app' is not in the image"),
        (RunConfig(cmd=("/app",)), "app", "cmd", "'/app' is not in the image"),
        (
            RunConfig(entrypoint=("/opt/gone",)),
            "opt/gone",
            "entrypoint",
            "'/opt/gone' is not in the image",
        ),
        (
            RunConfig(entrypoint=("/opt/data",)),
            "opt/data",
            "entrypoint",
            "'/opt/data' is not an executable file",
        ),
        (
            RunConfig(entrypoint=("/srv",)),
            "srv",
            "entrypoint",
            "'/srv' is not an executable file",
        ),
        (
            RunConfig(entrypoint=("./app",), workdir="/srv"),
            "srv/app",
            "entrypoint",
            "'./app' is not in the image",
        ),
        (
            RunConfig(entrypoint=("app",), environment=("PATH=/srv:/usr/bin",)),
            "",
            "entrypoint",
            "'app' is not in the image's PATH, /srv:/usr/bin",
        ),
    ],
)
def test_program_that_the_image_lacks(config: RunConfig, path: str, owner: str, fault: str) -> None:
    (found,) = check_entrypoint(IMAGE, config)
    assert (found.path, found.owner, found.fault) == (path, owner, fault)
    assert found.subject == (config.entrypoint or config.cmd)[0]


def accounts(*entries: PartEntry) -> ImageView:
    return ImageView([part(*entries)])


PASSWD = file("etc/passwd", text="root:x:0:0::/:\nnonroot:x:65532:65532::/home/nonroot:\n")
GROUP = file("etc/group", text="root:x:0:\nstaff:x:50:\n")


@pytest.mark.parametrize("user", ["", "0", "65532:65532", "nonroot", "nonroot:staff", "5:staff"])
def test_user_that_the_image_has(user: str) -> None:
    assert list(check_user(accounts(PASSWD, GROUP), RunConfig(user=user))) == []


@pytest.mark.parametrize(
    ("user", "entries", "faults"),
    [
        ("app", [PASSWD, GROUP], ["user 'app' is not in /etc/passwd"]),
        ("nonroo", [PASSWD, GROUP], ["user 'nonroo' is not in /etc/passwd"]),
        ("65532:app", [PASSWD, GROUP], ["group 'app' is not in /etc/group"]),
        (
            "app:staff",
            [],
            [
                "user 'app' has no number: the image has no /etc/passwd",
                "group 'staff' has no number: the image has no /etc/group",
            ],
        ),
    ],
)
def test_user_that_the_image_lacks(user: str, entries: list[PartEntry], faults: list[str]) -> None:
    found = list(check_user(accounts(*entries), RunConfig(user=user)))
    assert [each.fault for each in found] == faults


def test_accounts_without_text_are_not_judged() -> None:
    assert list(check_user(accounts(file("etc/passwd")), RunConfig(user="app"))) == []
