"""A release of Node.js as a part of a layer."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "PythonToolInfo")
load(":files_layer.bzl", "GENERATED_MTIME")
load(":part.bzl", "PART_ATTRS", "make_part")

def _node_layer_impl(ctx):
    args = ctx.actions.args()
    args.add("--archive", ctx.file.archive)
    args.add("--strip-prefix", ctx.attr.strip_prefix)
    args.add("--version", ctx.attr.version)
    args.add("--architecture", ctx.attr.architecture)
    args.add("--node-sha256", ctx.attr.node_sha256)
    args.add("--license-sha256", ctx.attr.license_sha256)

    # Not the archive's own, which differ between those who pack a release.
    args.add("--mtime", GENERATED_MTIME)
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = [ctx.file.archive],
        mnemonic = "NodeLayer",
        progress_message = "Making /nodejs of %{input}",
        own_layer = True,
    )

node_layer = rule(
    doc = """/nodejs/bin/node and /nodejs/LICENSE from a release archive, without npm and headers.

nodejs.org's archives and the npm registry's give the same bytes. Registered as the package `nodejs`, for scanners.""",
    implementation = _node_layer_impl,
    attrs = PART_ATTRS | {
        "architecture": attr.string(
            mandatory = True,
            doc = "Debian's name of the architecture, such as `arm64` or `ppc64el`.",
        ),
        "archive": attr.label(
            allow_single_file = [".tar.gz", ".tgz", ".tar.xz"],
            mandatory = True,
            doc = "The release.",
        ),
        "license_sha256": attr.string(doc = "sha256 in hex that LICENSE must have; empty: any."),
        "node_sha256": attr.string(doc = "sha256 in hex that bin/node must have; empty: any."),
        "strip_prefix": attr.string(doc = "The release's directory in the archive, `node-v24.21.0-linux-x64` or `package`."),
        "version": attr.string(mandatory = True, doc = "The release, such as `24.21.0`."),
        "_tool": attr.label(
            default = "//tools/node",
            cfg = "exec",
            providers = [PythonToolInfo],
        ),
    },
    provides = [PartsInfo],
)
