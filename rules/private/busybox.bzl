"""A shell and its programs for debug images, from one static program."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "PythonToolInfo")
load(":part.bzl", "PART_ATTRS", "make_part")

def _busybox_impl(ctx):
    args = ctx.actions.args()
    args.add("--deb", ctx.file.package)
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = [ctx.file.package],
        mnemonic = "Busybox",
        progress_message = "Making /busybox of %{input}",
    )

busybox = rule(
    doc = """/busybox/busybox and a link beside it for each of its programs, from Debian's busybox-static.

The links are read from the program, which is not run. The package is registered as any other.""",
    implementation = _busybox_impl,
    attrs = PART_ATTRS | {
        "package": attr.label(
            allow_single_file = [".deb"],
            mandatory = True,
            doc = "The package busybox-static, of the image's architecture.",
        ),
        "_tool": attr.label(
            default = "//tools/busybox",
            cfg = "exec",
            providers = [PythonToolInfo],
        ),
    },
    provides = [PartsInfo],
)
