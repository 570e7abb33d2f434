"""The rule `npm_package`: a package from npm as a part."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":part.bzl", "GENERATED_MTIME", "PART_ATTRS", "make_part")

visibility("//rules/private")

def _npm_package_impl(ctx):
    args = ctx.actions.args()
    args.add("--archive", ctx.file.archive)
    args.add("--path", ctx.attr.path)
    args.add("--mtime", GENERATED_MTIME)
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = [ctx.file.archive],
        mnemonic = "NpmPackage",
        origin = ctx.attr.archive,
        progress_message = "Packing npm package %{label}",
    )

npm_package = rule(
    doc = "The files of a package from npm.",
    implementation = _npm_package_impl,
    attrs = PART_ATTRS | {
        "archive": attr.label(allow_single_file = [".tgz"], mandatory = True, doc = "The archive that a registry has."),
        "path": attr.string(mandatory = True, doc = "Absolute path of the package in the image."),
        "_tool": python_tool_attr("//tools/npm_package"),
    },
    provides = [PartsInfo],
)
