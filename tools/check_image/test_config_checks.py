from __future__ import annotations

import pytest

from tools.check_image.config_checks import StartSettings, check_entrypoint, check_user
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
    "settings",
    [
        StartSettings(),
        StartSettings(entrypoint=["/opt/app"]),
        StartSettings(entrypoint=["/opt/app"], cmd=["--missing"]),
        StartSettings(cmd=["/bin/tool"]),
        StartSettings(cmd=["tool"]),
        StartSettings(entrypoint=["app"], path="/srv:/opt"),
        StartSettings(entrypoint=["./app"], workdir="/opt"),
        StartSettings(entrypoint=["opt/app"]),
        StartSettings(entrypoint=["../opt/app"], workdir="/srv"),
    ],
)
def test_program_that_the_image_has(settings: StartSettings) -> None:
    assert list(check_entrypoint(IMAGE, settings)) == []


@pytest.mark.parametrize(
    ("settings", "path", "owner", "fault"),
    [
        (StartSettings(entrypoint=["/app"]), "app", "entrypoint", "'/app' is not in the image"),
        (StartSettings(cmd=["/app"]), "app", "cmd", "'/app' is not in the image"),
        (
            StartSettings(entrypoint=["/opt/gone"]),
            "opt/gone",
            "entrypoint",
            "'/opt/gone' is not in the image",
        ),
        (
            StartSettings(entrypoint=["/opt/data"]),
            "opt/data",
            "entrypoint",
            "'/opt/data' is not an executable file",
        ),
        (
            StartSettings(entrypoint=["/srv"]),
            "srv",
            "entrypoint",
            "'/srv' is not an executable file",
        ),
        (
            StartSettings(entrypoint=["./app"], workdir="/srv"),
            "srv/app",
            "entrypoint",
            "'./app' is not in the image",
        ),
        (
            StartSettings(entrypoint=["app"], path="/srv:/usr/bin"),
            "",
            "entrypoint",
            "'app' is not in the image's PATH, /srv:/usr/bin",
        ),
    ],
)
def test_program_that_the_image_lacks(
    settings: StartSettings, path: str, owner: str, fault: str
) -> None:
    (found,) = check_entrypoint(IMAGE, settings)
    assert (found.path, found.owner, found.fault) == (path, owner, fault)
    assert found.subject == (settings.entrypoint or settings.cmd)[0]


def accounts(*entries: PartEntry) -> ImageView:
    return ImageView([part(*entries)])


PASSWD = file("etc/passwd", text="root:x:0:0::/:\nnonroot:x:65532:65532::/home/nonroot:\n")
GROUP = file("etc/group", text="root:x:0:\nstaff:x:50:\n")


@pytest.mark.parametrize("user", ["", "0", "65532:65532", "nonroot", "nonroot:staff", "5:staff"])
def test_user_that_the_image_has(user: str) -> None:
    assert list(check_user(accounts(PASSWD, GROUP), StartSettings(user=user))) == []


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
    found = list(check_user(accounts(*entries), StartSettings(user=user)))
    assert [each.fault for each in found] == faults


def test_accounts_without_text_are_not_judged() -> None:
    assert list(check_user(accounts(file("etc/passwd")), StartSettings(user="app"))) == []
