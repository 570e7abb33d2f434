"""Reads OCI image layouts (image-spec 1.1, image-layout.md): the image that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    read_document,
    require_object,
    require_string,
    require_strings,
)
from tools.lib.oci.documents import (
    INDEX,
    Descriptor,
    Digest,
    Image,
    Platform,
    blob_path,
    digest_of,
    parse_image,
    parse_index,
    parse_manifest,
)

_MAX_NESTING = 8


class RunConfig(NamedTuple):
    """The part of an image's config that says how it runs (image-spec, config.md).

    `entrypoint` and `cmd` are empty where the document has none.
    """

    env: Mapping[str, str]
    labels: Mapping[str, str]
    exposed_ports: tuple[str, ...]
    volumes: tuple[str, ...]
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...]
    workdir: str
    user: str


def read_platform(text: str) -> Platform:
    """Reads `linux/arm64/v8`; the variant may be left out."""
    os_name, _, rest = text.partition("/")
    architecture, _, variant = rest.partition("/")
    if not os_name or not architecture or "/" in variant:
        raise ToolError(f"{text!r} is not a platform", "write linux/amd64 or linux/arm64/v8")
    return Platform(os_name, architecture, variant or None, None, ())


def select_image(layout: str, wanted: Platform | None) -> Image:
    """The one image of a layout, or the one for `wanted` where it has several.

    A `wanted` without a variant fits every variant. Documents are verified by their digests.

    Raises:
        ToolError: no image or more than one fits; the layout is not one, or is broken.
    """
    found = list(_images(layout))
    fitting = [each for each in found if wanted is None or _fits(each.platform, wanted)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(str(each.platform) for each in found)
    if not found:
        raise ToolError(f"{layout}: the layout has no image")
    if wanted is None:
        raise ToolError(f"{layout}: the layout has several images", f"name a platform: {names}")
    count = "several images" if fitting else "no image"
    raise ToolError(f"{layout}: {count} for {wanted}", f"the layout has: {names}")


def run_config(image: Image) -> RunConfig:
    """Reads how an image runs; a fault is a ToolError with its place."""
    where = f"{image.where}: config"
    fields = require_object(image.config.get("config") or {}, where)

    def texts(key: str) -> tuple[str, ...]:
        return tuple(require_strings(fields.get(key) or [], f"{where}.{key}"))

    def mapping(key: str) -> Json:
        return require_object(fields.get(key) or {}, f"{where}.{key}")

    return RunConfig(
        env={name: value for name, _, value in (each.partition("=") for each in texts("Env"))},
        labels={
            key: require_string(value, f"{where}.Labels[{key!r}]")
            for key, value in mapping("Labels").items()
        },
        exposed_ports=tuple(mapping("ExposedPorts")),
        volumes=tuple(mapping("Volumes")),
        entrypoint=texts("Entrypoint"),
        cmd=texts("Cmd"),
        workdir=require_string(fields.get("WorkingDir") or "", f"{where}.WorkingDir"),
        user=require_string(fields.get("User") or "", f"{where}.User"),
    )


def _images(layout: str) -> Iterator[Image]:
    path = f"{layout}/index.json"
    try:
        data = read_document(path)
    except (FileNotFoundError, NotADirectoryError):
        raise ToolError(
            f"{layout}: not an OCI image layout: it has no index.json",
            "name the layout's directory",
        ) from None
    seen: set[Digest] = set()
    pending = [(each, path, 0) for each in reversed(parse_index(data, path))]
    while pending:
        descriptor, where, depth = pending.pop()
        if descriptor.digest in seen or _is_attestation(descriptor):
            continue
        seen.add(descriptor.digest)
        document = _read_blob(layout, descriptor, where)
        name = f"{layout}: {descriptor.digest}"
        if descriptor.media_type == INDEX:
            if depth == _MAX_NESTING:
                raise ToolError(f"{name}: indexes are nested deeper than {_MAX_NESTING}")
            nested = reversed(parse_index(document, name))
            pending += [(each, name, depth + 1) for each in nested]
            continue
        config = parse_manifest(document, name).config
        yield parse_image(document, _read_blob(layout, config, name), name, f"{name}: config")


def _is_attestation(descriptor: Descriptor) -> bool:
    """Whether this is what docker buildx stores beside its images."""
    platform = descriptor.other.get("platform")
    return isinstance(platform, dict) and platform.get("os") == "unknown"


def _read_blob(layout: str, descriptor: Descriptor, where: str) -> bytes:
    path = blob_path(layout, descriptor.digest)
    try:
        data = read_document(path)
    except FileNotFoundError:
        raise ToolError(f"{where}: blob {descriptor.digest} is not in the layout") from None
    if digest_of(data) != descriptor.digest:
        raise ToolError(f"{path}: the content does not have the digest of its name")
    return data


def _fits(platform: Platform, wanted: Platform) -> bool:
    if wanted.variant is None:
        return platform[:2] == wanted[:2]
    return platform.normal()[:3] == wanted.normal()[:3]
