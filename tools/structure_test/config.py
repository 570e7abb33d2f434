"""Typed configs of container-structure-test. `config_reader` reads them from files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable, or a label, of a config."""

    key: str
    value: str
    is_regex: bool = False
    """Whether `value` is a regular expression. Only metadata tests set this."""


@dataclass(frozen=True, slots=True)
class CommandTest:
    """A command to run in a fresh copy of the image, and its expected outcome.

    The four lists of expected and excluded output are regular expressions.
    """

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


@dataclass(frozen=True, slots=True)
class ExistenceTest:
    """The expected type, mode and owner of a path. A link at its end is not followed."""

    name: str
    path: str
    should_exist: bool = True
    permissions: str = ""
    """As Go's FileMode.String() writes them, such as `-rw-r--r--`. Empty: any."""
    uid: int = -1
    """-1: any."""
    gid: int = -1
    """-1: any."""
    executable_by: str = ""
    """`owner`, `group`, `other` or `any`. Empty: not checked."""


@dataclass(frozen=True, slots=True)
class ContentTest:
    """The expected and excluded content of a file, as regular expressions."""

    name: str
    path: str
    expected: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetadataTest:
    """The expected values of the image's config. A field with its default value is not checked."""

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


@dataclass(frozen=True, slots=True)
class LicenseTest:
    """Which license texts to check: those of all Debian packages, those in `files`, or both."""

    debian: bool = False
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BindMount:
    """A path of the host, mounted at `target` in the image while commands run."""

    source: str
    target: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How commands run: a config's `containerRunOptions`."""

    user: str = ""
    privileged: bool = False
    tty: bool = False
    env_file: str = ""
    env_names: tuple[str, ...] = ()
    """Variables to copy from the environment of the test."""
    capabilities: tuple[str, ...] = ()
    """Names without `CAP_`, such as `NET_ADMIN`."""
    bind_mounts: tuple[BindMount, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """One config file."""

    file: str
    commands: tuple[CommandTest, ...]
    contents: tuple[ContentTest, ...]
    existence: tuple[ExistenceTest, ...]
    licenses: tuple[LicenseTest, ...]
    metadata: MetadataTest | None
    env: tuple[Variable, ...]
    options: RunOptions
