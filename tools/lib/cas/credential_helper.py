"""Bazel's credential helpers: programs that know the headers which a server wants.

`get` reads `{"uri": ...}` from stdin, and writes `{"headers": {NAME: [VALUE, ...]}}`. Source: the
credential helper specification that Bazel's --credential_helper names.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    parse_object,
    require_list,
    require_object,
    require_string,
)

Headers = Mapping[str, str]


def helper_headers(program: str, uri: str) -> Headers:
    """The headers for a URI, by their names in lower case.

    Raises:
        ToolError: the program failed. Its output is not shown, as it may have a secret.
    """
    request = json.dumps({"uri": uri}).encode()
    try:
        done = subprocess.run([program, "get"], input=request, capture_output=True, check=False)
    except OSError as error:
        raise ToolError(f"credential helper {program}: {error.strerror}") from None
    if done.returncode:
        raise ToolError(
            f"credential helper {program} failed for {uri}: exit status {done.returncode}",
            f"run: echo '{request.decode()}' | {program} get",
        )
    where = f"credential helper {program}"
    try:
        fields = parse_object(done.stdout, where)
    except ToolError:
        raise ToolError(f"{where}: the output is not JSON") from None
    headers = require_object(fields.get("headers") or {}, f"{where}: headers")
    return {
        name.lower(): ", ".join(
            require_string(each, f"{where}: headers") for each in require_list(values, where)
        )
        for name, values in headers.items()
    }
