"""The rule `alternatives`: the links that update-alternatives makes when packages are installed."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":base_image.bzl", "IMPORT_ATTRS", "base_attr")
load(":image_flags.bzl", "add_base", "add_image", "add_target")
load(":labels.bzl", "display_label")
load(":part.bzl", "GENERATED_MTIME", "PART_ATTRS", "make_part", "make_part_info")

visibility("//rules/...")

def _add_links(ctx, args, attribute, links):
    """Adds flags for links that an attribute declares: a dict from a path to a target."""
    args.add("--links-attribute", attribute)
    for path, target in links.items():
        if not path.startswith("/"):
            fail("%s: `%s` has '%s', which is not an absolute path (hint: write /%s)" % (
                display_label(ctx.label),
                attribute,
                path,
                path,
            ))
        args.add("--link")
        args.add(path)
        args.add(target)

def _action(args, inputs):
    """The arguments of make_part."""
    return dict(
        arguments = args,
        inputs = depset(transitive = inputs),
        mnemonic = "Alternatives",
        progress_message = "Choosing alternatives for %{label}",
    )

ALTERNATIVES_ATTRS = {
    "alternative_links": attr.string_dict(doc = "Links that `alternatives` has beside those of packages: their absolute path, and the target."),
    "alternatives": attr.bool(doc = "Whether to make the links of Debian's alternatives, such as `/usr/bin/awk`."),
    "_alternatives": python_tool_attr("//tools/alternatives"),
}

def alternatives_part(ctx, base, new_outlines):
    """Makes a part with the links of an image's alternatives.

    Args:
      ctx: the rule's context. Its attributes include ALTERNATIVES_ATTRS and PART_ATTRS.
      base: OciImageInfo of the base, or None.
      new_outlines: depset of File, the outlines of the parts that the image adds.

    Returns:
      A PartInfo.
    """
    args = ctx.actions.args()
    inputs = add_image(args, base) if base else []
    args.add_all(new_outlines, before_each = "--part")
    args.add("--mtime", GENERATED_MTIME)
    _add_links(ctx, args, "alternatives", ctx.attr.alternative_links)
    return make_part_info(
        ctx,
        ctx.attr._alternatives,
        name = ctx.label.name + ".alternatives",
        **_action(args, inputs + [new_outlines])
    )

def _alternatives_impl(ctx):
    args = ctx.actions.args()
    inputs = add_base(ctx, args, ctx.attr.base) if ctx.attr.base else []
    for target in ctx.attr.parts:
        inputs += add_target(args, target)
    args.add_all(ctx.attr.ignored_packages, before_each = "--ignored-package")
    args.add("--mtime", ctx.attr.mtime)
    _add_links(ctx, args, "links", ctx.attr.links)
    return make_part(ctx, ctx.attr._tool, **_action(args, inputs))

alternatives = rule(
    doc = """The links of Debian's alternatives, such as `/usr/bin/awk`, which maintainer scripts make with update-alternatives.

An image has them with `alternatives = True` ([oci_image](oci.md#oci_image), [image](image.md#image)). The rule makes them
for a layer that several images share, and can ignore packages:

```
load("@distroless//rules:oci.bzl", "oci_image")
load("@distroless//rules:rootfs.bzl", "alternatives")

alternatives(
    name = "links",
    parts = ["@bookworm//libblas3"],
)

oci_image(
    name = "image",
    base = "@distroless//cc:cc_debian12",
    tars = ["@bookworm//libblas3", ":links"],
)
```

The commands are read from the packages' postinst scripts, which are not run. As in update-alternatives' automatic mode, the
highest priority wins. A link whose file is not in the image is left out. A command that cannot be read, because it depends on
what the script does, is an error, unless `links` has a link to a file of the package.""",
    implementation = _alternatives_impl,
    attrs = PART_ATTRS | IMPORT_ATTRS | {
        "base": base_attr("Its packages have alternatives too."),
        "ignored_packages": attr.string_list(doc = "Names of packages whose scripts are ignored."),
        "links": attr.string_dict(
            doc = "Further links: their absolute path in the image, and the target. They replace links that were read.",
        ),
        "mtime": attr.int(default = GENERATED_MTIME, doc = "Time of all links, in seconds since 1970."),
        "parts": attr.label_list(
            allow_files = True,
            doc = """What the image has above `base`, bottom to top: packages, package sets, generated files, `oci_layer`
targets, and tar files (plain, gzip, zstd).""",
        ),
        "_tool": python_tool_attr("//tools/alternatives"),
    },
    provides = [PartsInfo],
)
