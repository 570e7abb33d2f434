"""The rule `deb`: a Debian package as a part."""

load("//rules/providers:deb_file_info.bzl", "DebFileInfo")
load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":part.bzl", "PART_ATTRS", "make_part")

visibility("//rules/...")

def _package(ctx):
    """The `package` of PartInfo. Outside of a lock, the source is taken for one of the same name."""
    name = ctx.file.deb.basename.split("_")[0]
    info = ctx.attr.deb[DebFileInfo] if DebFileInfo in ctx.attr.deb else None
    return struct(name = name, size = info.size if info else 0, source = info.source if info else name)

def _deb_impl(ctx):
    args = ctx.actions.args()
    args.add("--deb", ctx.file.deb)
    if ctx.attr.merged_usr:
        args.add("--merged-usr")
    if not ctx.attr.default_excludes:
        args.add("--no-default-excludes")
    args.add_all(ctx.attr.exclude, format_each = "--exclude=%s")
    args.add_all(ctx.attr.optional_exclude, format_each = "--optional-exclude=%s")
    args.add_all(ctx.attr.include, format_each = "--include=%s")
    if ctx.attr.max_size_mib:
        args.add("--max-size", ctx.attr.max_size_mib << 20)
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = [ctx.file.deb],
        mnemonic = "DebPart",
        origin = ctx.attr.deb,
        package = _package(ctx),
        progress_message = "Converting package %{label}",
        separate_layer = ctx.attr.separate_layer,
        with_outline = False,
    )

deb = rule(
    doc = """Turns a .deb into a part: its files, its copyright, and its entry in `/var/lib/dpkg/status.d`.

Maintainer scripts are not run. If two packages of an image own the same path, building the image fails.

The `apt` extension declares this rule for each package of a lock. Use it yourself for a package file from elsewhere:

```
load("@distroless//rules:deb.bzl", "deb")

deb(
    name = "tool",
    deb = "tool_1.2-3_amd64.deb",
)
```""",
    implementation = _deb_impl,
    attrs = PART_ATTRS | {
        "deb": attr.label(
            allow_single_file = [".deb"],
            mandatory = True,
            doc = "The package file.",
        ),
        "default_excludes": attr.bool(
            default = True,
            doc = "Whether to leave out documentation and other files that docs/packages.md lists.",
        ),
        "exclude": attr.string_list(
            doc = "Globs of paths to leave out, in addition to the default ones. `*` and `?` match within a name; `**`, as " +
                  "a name of its own, matches any number of directories. A glob that matches no path of the package is " +
                  "an error.",
        ),
        "include": attr.string_list(
            doc = "Globs of paths to keep even if `exclude` or a default glob matches them.",
        ),
        "max_size_mib": attr.int(
            doc = "The largest unpacked size of the package, in MiB. 0: 64 MiB, or 64 times the size of the package file.",
        ),
        "merged_usr": attr.bool(
            doc = "Whether to move `/bin`, `/sbin`, `/lib` and `/lib*` below `/usr`, as Debian 13 and later expect.",
        ),
        "optional_exclude": attr.string_list(
            doc = "Like `exclude`, for globs that need not match a path of the package.",
        ),
        "separate_layer": attr.bool(
            doc = """Whether the package becomes a layer of its own instead of being merged with other parts. Set it for a
large package that several images contain: they share its layer.""",
        ),
        "_tool": python_tool_attr("//tools/deb"),
    },
    provides = [PartsInfo],
)
