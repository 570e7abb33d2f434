"""The rule `node`: a release of Node.js as a part."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":part.bzl", "GENERATED_MTIME", "PART_ATTRS", "make_part")

visibility("//rules/...")

def _node_impl(ctx):
    args = ctx.actions.args()
    args.add("--archive", ctx.file.archive)
    args.add("--strip-prefix", ctx.attr.strip_prefix)
    args.add("--version", ctx.attr.version)
    args.add("--architecture", ctx.attr.architecture)
    args.add("--node-sha256", ctx.attr.node_sha256)
    args.add("--license-sha256", ctx.attr.license_sha256)

    # The archives of one release differ in their times.
    args.add("--mtime", GENERATED_MTIME)
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = [ctx.file.archive],
        mnemonic = "NodePart",
        origin = ctx.attr.archive,
        progress_message = "Making /nodejs for %{label}",
        separate_layer = True,
    )

node = rule(
    doc = """`/nodejs/bin/node` and `/nodejs/LICENSE` from a release archive of Node.js, without npm and headers.

The archives of nodejs.org and those of the npm registry give the same bytes. The part is a layer of its own. Scanners find
Node.js by the program and by `/nodejs/node.spdx.json`; it is not registered as a Debian package.""",
    implementation = _node_impl,
    attrs = PART_ATTRS | {
        "architecture": attr.string(
            mandatory = True,
            doc = "OCI architecture of the release, such as `arm64` or `ppc64le`.",
        ),
        "archive": attr.label(
            allow_single_file = [".tar.gz", ".tgz", ".tar.xz"],
            mandatory = True,
            doc = "The release archive.",
        ),
        "license_sha256": attr.string(doc = "Expected sha256 of LICENSE, in hex. Empty: not checked."),
        "node_sha256": attr.string(doc = "Expected sha256 of bin/node, in hex. Empty: not checked."),
        "strip_prefix": attr.string(doc = "Directory of the release in the archive, `node-v24.21.0-linux-x64` or `package`."),
        "version": attr.string(mandatory = True, doc = "Version of the release, such as `24.21.0`."),
        "_tool": python_tool_attr("//tools/node"),
    },
    provides = [PartsInfo],
)
