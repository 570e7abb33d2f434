"""The rule `busybox`: a shell and its programs for debug images."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":part.bzl", "PART_ATTRS", "make_part")

visibility("//rules/...")

def _busybox_impl(ctx):
    args = ctx.actions.args()
    args.add("--deb", ctx.file.deb)
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = [ctx.file.deb],
        mnemonic = "Busybox",
        origin = ctx.attr.deb,
        progress_message = "Making /busybox for %{label}",
    )

busybox = rule(
    doc = """`/busybox/busybox` from Debian's package busybox-static, and a link beside it for each program that it contains.

The names of the links are read from the program's file; the program is not run. The package is registered in
`/var/lib/dpkg/status.d`.""",
    implementation = _busybox_impl,
    attrs = PART_ATTRS | {
        "deb": attr.label(
            allow_single_file = [".deb"],
            mandatory = True,
            doc = "The package busybox-static, for the architecture of the image.",
        ),
        "_tool": python_tool_attr("//tools/busybox"),
    },
    provides = [PartsInfo],
)
