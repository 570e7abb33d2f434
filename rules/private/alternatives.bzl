"""The rule `alternatives`: the links that update-alternatives makes when packages are installed."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":base_image.bzl", "IMPORT_ATTRS", "base_attr")
load(":image_flags.bzl", "add_base", "add_target")
load(":labels.bzl", "display_label")
load(":part.bzl", "GENERATED_MTIME", "PART_ATTRS", "make_part")

visibility("//rules/...")

def _alternatives_impl(ctx):
    for path in ctx.attr.links:
        if not path.startswith("/"):
            fail("%s: `links` has '%s', which is not an absolute path (hint: write /%s)" % (
                display_label(ctx.label),
                path,
                path,
            ))
    args = ctx.actions.args()
    inputs = add_base(ctx, args, ctx.attr.base) if ctx.attr.base else []
    for target in ctx.attr.packages:
        inputs += add_target(args, target)
    for path, target in ctx.attr.links.items():
        args.add("--link")
        args.add(path)
        args.add(target)
    args.add_all(ctx.attr.ignored_packages, before_each = "--ignored-package")
    args.add("--mtime", ctx.attr.mtime)
    args.use_param_file("@%s")
    args.set_param_file_format("multiline")
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = depset(transitive = inputs),
        mnemonic = "Alternatives",
        progress_message = "Choosing alternatives for %{label}",
    )

alternatives = rule(
    doc = """The links of Debian's alternatives, such as `/usr/bin/awk`, which maintainer scripts make with update-alternatives.

```
alternatives(
    name = "links",
    packages = ["@bookworm//libblas3"],
)

oci_image(
    name = "image",
    base = "@distroless//cc:cc_debian12",
    tars = ["@bookworm//libblas3", ":links"],
)
```

The commands are read from the packages' postinst scripts, which are not run. As in update-alternatives' automatic mode, the
highest priority wins. A link whose file is not in the image is left out. A command that cannot be read, because it depends on
what the script does, is an error: declare its links.""",
    implementation = _alternatives_impl,
    attrs = PART_ATTRS | IMPORT_ATTRS | {
        "base": base_attr("Its packages have alternatives too."),
        "ignored_packages": attr.string_list(
            doc = "Names of packages whose scripts do not count, because `links` declares their alternatives.",
        ),
        "links": attr.string_dict(
            doc = "Further links: their absolute path in the image, and the target. They replace links that were read.",
        ),
        "mtime": attr.int(default = GENERATED_MTIME, doc = "Time of all links, in seconds since 1970."),
        "packages": attr.label_list(
            doc = "The packages and package sets above `base`.",
            providers = [PartsInfo],
        ),
        "_tool": python_tool_attr("//tools/alternatives"),
    },
    provides = [PartsInfo],
)
