"""Credential helpers: programs that know the credentials of hosts, as Bazel asks them.

Source of the protocol: Bazel's flag --credential_helper, EngFlow's credential-helper-spec. The
program is called with the argument `get`. It reads {"uri": "https://..."} from stdin and writes
{"headers": {"Authorization": ["Bearer ..."]}} to stdout.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.debian.urls import Url

# Bazel's default of --credential_helper_timeout.
_TIMEOUT = 10.0
# Set in place of the flag, for `bazel run`: the same text, separated by spaces.
VARIABLE = "DISTROLESS_CREDENTIAL_HELPER"


@dataclass(frozen=True, slots=True)
class _Helper:
    pattern: str
    path: str

    def is_for(self, host: str) -> bool:
        """Whether the pattern has the host. `*.example.com` has example.com, too."""
        if self.pattern.startswith("*."):
            return host == self.pattern[2:] or host.endswith(self.pattern[1:])
        return self.pattern in ("", host)


class CredentialHelpers:
    """Asks the helper of each origin once. Several threads may use it.

    Args:
        texts: helpers, each as `PATH` or `PATTERN=PATH`. Of several for a host, the most specific
            one is asked: the host itself, the longest `*.domain`, none. `PATH` may begin with
            %workspace%, or be a name to find in PATH.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._helpers = sorted(map(_parse, texts), key=_specificity, reverse=True)
        self._found: dict[tuple[str, str, int], Mapping[str, str]] = {}
        self._mutex = threading.Lock()

    def headers(self, url: Url) -> Mapping[str, str]:
        """The headers to send to the origin of a URL; empty if no helper is for it.

        Raises:
            ToolError: the helper cannot be run, failed, or answered with something else.
        """
        helper = next((each for each in self._helpers if each.is_for(url.host)), None)
        if helper is None or url.scheme == "file":
            return {}
        with self._mutex:
            if url.origin not in self._found:
                self._found[url.origin] = _ask(helper.path, url)
            return self._found[url.origin]


def helpers_of(texts: Sequence[str], environment: Mapping[str, str]) -> CredentialHelpers:
    """The helpers of the flags, or else of the environment variable."""
    return CredentialHelpers(texts or shlex.split(environment.get(VARIABLE, "")))


def _parse(text: str) -> _Helper:
    pattern, equals, path = text.partition("=")
    if not equals:
        pattern, path = "", text
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY", os.getcwd())
    if not path:
        raise ToolError(f"--credential-helper: invalid value {text!r:.200}", "write [PATTERN=]PATH")
    return _Helper(pattern.lower(), path.replace("%workspace%", workspace, 1))


def _specificity(helper: _Helper) -> tuple[bool, int]:
    return bool(helper.pattern) and not helper.pattern.startswith("*."), len(helper.pattern)


def _ask(path: str, url: Url) -> dict[str, str]:
    where = f"credential helper {path}"
    try:
        # What it writes to stderr is for the user. Its output is not shown: it may be a secret.
        process = subprocess.run(
            [path, "get"],
            input=json.dumps({"uri": str(url)}).encode(),
            stdout=subprocess.PIPE,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"{where}: no answer within {_TIMEOUT:.0f} seconds") from None
    except OSError as error:
        raise ToolError(f"{where}: {error.strerror}") from None
    if process.returncode != 0:
        raise ToolError(f"{where}: failed for {url.host} with exit status {process.returncode}")
    try:
        headers = json.loads(process.stdout)["headers"]
        found = {str(name): ", ".join(values) for name, values in headers.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ToolError(f'{where}: the answer is not {{"headers": {{"...": ["..."]}}}}') from None
    for name, value in found.items():
        if not name.isascii() or not f"{name}{value}".isprintable():
            raise ToolError(f"{where}: the answer has an invalid header")
    return found
