"""A Debian package as a part of a layer."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "PythonToolInfo")
load(":part.bzl", "PART_ATTRS", "make_part")

_ATTRS = PART_ATTRS | {
    "deb": attr.label(
        allow_single_file = [".deb"],
        mandatory = True,
        doc = "The package.",
    ),
    "merged_usr": attr.bool(
        doc = "Move bin, sbin, lib and lib* below usr/, as Debian 13 and later have it.",
    ),
    "exclude": attr.string_list(
        doc = "Globs of paths to leave out, besides the documentation that is left out by default.",
    ),
    "include": attr.string_list(
        doc = "Globs of paths to keep though a rule leaves them out.",
    ),
    "default_excludes": attr.bool(
        default = True,
        doc = "Leave out documentation and the like, as docs/packages.md lists it.",
    ),
    "own_layer": attr.bool(
        doc = "Make it a layer by itself in images that have it: for large packages, which are then stored once.",
    ),
    "_tool": attr.label(
        default = "//tools/deb",
        cfg = "exec",
        providers = [PythonToolInfo],
    ),
}

def _deb_layer_impl(ctx):
    args = ctx.actions.args()
    args.add("--deb", ctx.file.deb)
    if ctx.attr.merged_usr:
        args.add("--merged-usr")
    if not ctx.attr.default_excludes:
        args.add("--no-default-excludes")
    args.add_all(ctx.attr.exclude, before_each = "--exclude")
    args.add_all(ctx.attr.include, before_each = "--include")
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = [ctx.file.deb],
        mnemonic = "DebLayer",
        progress_message = "Making a layer part of %{input}",
        own_layer = ctx.attr.own_layer,
    )

deb_layer = rule(
    doc = """Turns a .deb into a part of a layer: its files, its copyright, and its entry in /var/lib/dpkg/status.d.

No maintainer script is run. Two packages with one path are an error of the image that holds both.""",
    implementation = _deb_layer_impl,
    attrs = _ATTRS,
    provides = [PartsInfo],
)
