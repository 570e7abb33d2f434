"""The checks of an image's config: the program that a container starts, and its user."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from tools.check_image.findings import Finding
from tools.lib.oci.image_config import RunConfig
from tools.lib.rootfs.image import ImageView

# Docker and containerd use it if the config has no PATH.
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_EXECUTE = 0o111


def check_entrypoint(image: ImageView, config: RunConfig) -> Iterator[Finding]:
    """The program that a container starts, if the image does not have it."""
    option, command = "entrypoint", config.entrypoint
    if not command:
        option, command = "cmd", config.cmd
    if not command or not command[0]:
        return
    program = command[0]
    if "/" in program:
        path = posixpath.normpath(posixpath.join("/", config.workdir, program))
        candidates, where = [path], "the image"
    else:
        search_path = config.env.get("PATH") or _DEFAULT_PATH
        path = ""
        candidates = [posixpath.join("/", each, program) for each in search_path.split(":")]
        where = f"the image's PATH, {search_path:.200}"
    inodes = [inode for each in candidates if (inode := image.inode(each))]
    if any(inode.is_file and inode.mode & _EXECUTE for inode in inodes):
        return
    yield Finding(
        check="entrypoint",
        path=path.lstrip("/"),
        subject=program,
        owner=option,
        fault=f"{program!r:.200} is not an executable file"
        if inodes
        else f"{program!r:.200} is not in {where}",
        hint=f"add the program to the image, or change `{option}`",
    )


def check_user(image: ImageView, config: RunConfig) -> Iterator[Finding]:
    """Names of a user and a group that the image does not know. Numbers need no name."""
    user, _, group = config.user.partition(":")
    for kind, name, file in (("user", user, "/etc/passwd"), ("group", group, "/etc/group")):
        if not name or (name.isascii() and name.isdigit()):
            continue
        text = image.text(file)
        if text is None:
            if image.exists(file):
                continue  # the metadata does not have the content of a large file
            fault = f"{kind} {name!r:.80} has no number: the image has no {file}"
        elif name in (line.partition(":")[0] for line in text.split("\n")):
            continue
        else:
            fault = f"{kind} {name!r:.80} is not in {file}"
        yield Finding(
            check="user",
            subject=name,
            owner="user",
            fault=fault,
            hint=f"use a number, or add the {kind} to the image",
        )
