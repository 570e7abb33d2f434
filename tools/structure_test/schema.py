"""What the configs of container-structure-test say, as typed values."""

from __future__ import annotations

from typing import NamedTuple


class Variable(NamedTuple):
    """An environment variable or a label; `is_regex`: `value` is a regular expression."""

    key: str
    value: str
    is_regex: bool = False


class CommandTest(NamedTuple):
    """A command, run in a fresh copy of the image; the lists are of regular expressions."""

    name: str
    command: tuple[str, ...]
    setup: tuple[tuple[str, ...], ...] = ()
    teardown: tuple[tuple[str, ...], ...] = ()
    env: tuple[Variable, ...] = ()
    exit_code: int = 0
    expected_output: tuple[str, ...] = ()
    excluded_output: tuple[str, ...] = ()
    expected_error: tuple[str, ...] = ()
    excluded_error: tuple[str, ...] = ()


class ExistenceTest(NamedTuple):
    """What a path is, links at its end not followed; -1: any owner, empty: any mode."""

    name: str
    path: str
    should_exist: bool = True
    permissions: str = ""
    uid: int = -1
    gid: int = -1
    executable_by: str = ""


class ContentTest(NamedTuple):
    """What a file holds; both lists are of regular expressions."""

    name: str
    path: str
    expected: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


class MetadataTest(NamedTuple):
    """What the image's config says; None and empty: not looked at, but an empty `cmd` is empty."""

    env: tuple[Variable, ...] = ()
    unbound_env: tuple[str, ...] = ()
    labels: tuple[Variable, ...] = ()
    exposed_ports: tuple[str, ...] = ()
    unexposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    unmounted_volumes: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    workdir: str = ""
    user: str = ""


class LicenseTest(NamedTuple):
    """Whether licenses can be lived with: of all Debian packages, and of single files."""

    debian: bool = False
    files: tuple[str, ...] = ()


class BindMount(NamedTuple):
    """A path of the machine that commands see: `source` there, `target` in the image."""

    source: str
    target: str
    read_only: bool


class RunOptions(NamedTuple):
    """How commands are run; `env_names` are taken from the environment of the test."""

    user: str = ""
    privileged: bool = False
    tty: bool = False
    env_file: str = ""
    env_names: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    bind_mounts: tuple[BindMount, ...] = ()


class Config(NamedTuple):
    """One file of tests."""

    file: str
    commands: tuple[CommandTest, ...]
    contents: tuple[ContentTest, ...]
    existence: tuple[ExistenceTest, ...]
    licenses: tuple[LicenseTest, ...]
    metadata: MetadataTest | None
    env: tuple[Variable, ...]
    options: RunOptions
