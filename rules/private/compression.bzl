"""How layers are compressed: the build setting, and what an image sets in its place."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")

visibility("//rules/...")

_SETTING = "//rules:compression"

COMPRESSION_ATTRS = {
    "_compression": attr.label(
        default = _SETTING,
        doc = "How the layers of a build are compressed.",
    ),
}

COMPRESSION_SUFFIX = {
    "estargz": "gz",
    "gzip": "gz",
    "zstd": "zst",
    "zstd:chunked": "zst",
}

# What a client reads that does not know a compression: the same, without an index of its files.
_PLAIN = {
    "estargz": "gzip",
    "zstd:chunked": "zstd",
}

def compression(ctx):
    """The compression of the layers that a target makes, a key of COMPRESSION_SUFFIX."""
    return getattr(ctx.attr, "compression", "") or ctx.attr._compression[BuildSettingInfo].value

def plain_compression(ctx):
    """The compression of a tar that is no layer: `gzip` or `zstd`."""
    kind = compression(ctx)
    return _PLAIN.get(kind, kind)

def _image_compression_impl(settings, attr):
    return {_SETTING: attr.compression or settings[_SETTING]}

# For the attributes of an image that bring its layers: all of them are compressed as its `compression` says.
image_compression = transition(
    implementation = _image_compression_impl,
    inputs = [_SETTING],
    outputs = [_SETTING],
)

IMAGE_COMPRESSION_ATTRS = {
    "compression": attr.string(
        doc = """How all layers of the image are compressed, those of its base included: `gzip`, `zstd`, `estargz` or
`zstd:chunked`. By default, as `//rules:compression` says.""",
        values = ["", "gzip", "zstd", "estargz", "zstd:chunked"],
    ),
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        doc = "Required by Bazel for rules with transitions.",
    ),
}
