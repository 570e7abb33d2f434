"""What the config of an image says by its declaration, whatever its layers are.

The semantics are rules_oci's: env values are expanded; labels, ports and volumes are added to the
base's; entrypoint and cmd replace the base's, and an entrypoint removes its cmd.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Platform
from tools.lib.oci.image_config import ImageConfig, RunConfig
from tools.lib.oci.image_options import ImageOptions

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})", re.ASCII)


def declared_config(options: ImageOptions, base: ImageConfig | None) -> ImageConfig:
    """The config of the base with what an image declares: its platform, and how it is run.

    Args:
        options: what the image adds to its base, or declares without one.
        base: the config of the image below, if any.
    """
    if base is None:
        return ImageConfig(_platform(options), run=_run_config(options, RunConfig()))
    if options.os or options.architecture or options.variant:
        raise ToolError(
            f"the platform is that of the base, {base.platform}, and cannot be set",
            "remove os, architecture and variant, or the base",
        )
    return replace(base, run=_run_config(options, base.run))


def expand(environment: Sequence[str], added: Mapping[str, str]) -> tuple[str, ...]:
    """Adds variables to an environment of `KEY=VALUE` strings.

    `$K` and `${K}` in a value are replaced by the value of K so far, or by nothing if K is unset.
    A known variable keeps its position, a new one goes to the end.
    """
    values = dict(text.partition("=")[::2] for text in environment)
    for key, value in added.items():
        values[key] = _VARIABLE.sub(lambda match: values.get(match[1] or match[2], ""), value)
    return tuple(f"{key}={value}" for key, value in values.items())


def _platform(options: ImageOptions) -> Platform:
    if not options.os or not options.architecture:
        missing = "architecture" if options.os else "os"
        raise ToolError(f"no base, and {missing} is missing", "set os and architecture, or a base")
    return Platform(options.os, options.architecture, options.variant or None)


def _run_config(options: ImageOptions, below: RunConfig) -> RunConfig:
    entrypoint, cmd = below.entrypoint, below.cmd
    if options.entrypoint is not None:
        entrypoint, cmd = options.entrypoint, ()
    if options.cmd is not None:
        cmd = options.cmd
    environment = below.environment
    if options.env:
        environment = expand(environment, options.env)
    return replace(
        below,
        environment=environment,
        labels={**below.labels, **options.labels},
        exposed_ports=_union(below.exposed_ports, options.exposed_ports),
        volumes=_union(below.volumes, options.volumes),
        entrypoint=entrypoint,
        cmd=cmd,
        workdir=options.workdir or below.workdir,
        user=options.user or below.user,
    )


def _union(below: tuple[str, ...], added: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*below, *added)))
