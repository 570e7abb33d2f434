"""The rule behind the macro `oci_image`."""

load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load(":alternatives.bzl", "ALTERNATIVES_ATTRS", "alternatives_part")
load(":base_image.bzl", "IMPORT_ATTRS", "base_attr", "image_of_target")
load(":check_image.bzl", "CHECK_ATTRS", "check_image")
load(":compression.bzl", "IMAGE_COMPRESSION_ATTRS", "image_compression")
load(":describe_image.bzl", "DESCRIBE_ATTRS", "declare_image", "describe_image")
load(":image_metadata.bzl", "image_metadata")
load(":labels.bzl", "display_label")
load(":layers.bzl", "LAYER_ATTRS", "LAYER_BUDGET_ATTRS", "PART_SUFFIXES", "TAR_LAYER_ATTRS", "TAR_SUFFIXES", "layer_budget", "layers_of_targets")
load(":ld_so_cache.bzl", "LD_SO_CACHE_ATTRS", "ld_so_cache_if_needed")
load(":oci_layout.bzl", "LAYOUT_ATTRS", "image_ref", "pack_layout", "write_layout")
load(":oci_platform.bzl", "default_variant", "target_platform")

visibility("//rules/...")

_ATTRS = ALTERNATIVES_ATTRS | IMPORT_ATTRS | CHECK_ATTRS | DESCRIBE_ATTRS | IMAGE_COMPRESSION_ATTRS | LAYER_ATTRS | LAYER_BUDGET_ATTRS | LAYOUT_ATTRS | LD_SO_CACHE_ATTRS | TAR_LAYER_ATTRS | {
    "architecture": attr.string(doc = "OCI architecture, which is Go's name. By default that of the base, or of the target platform."),
    "base": base_attr(cfg = image_compression),
    "os": attr.string(doc = "OCI operating system. By default that of the base, or `linux`."),
    "tars": attr.label_list(
        allow_files = TAR_SUFFIXES + PART_SUFFIXES,
        cfg = image_compression,
        doc = """Layers above those of the base, bottom to top: tar files (plain, gzip, zstd), `oci_layer` targets, and parts
(packages, package sets, generated files). Parts that follow each other become one layer, or as many as `layers` allows.""",
    ),
    "variant": attr.string(doc = "OCI variant of the architecture, such as `v8`."),
}

def _platform(ctx, base):
    """The platform of the image, as fields of OciImageInfo. It is the base's, as given, or else the target platform."""
    if base:
        for option in ["os", "architecture", "variant"]:
            if getattr(ctx.attr, option):
                fail("%s: `%s` is set, but an image has the platform of its base (hint: remove it)" % (
                    display_label(ctx.label),
                    option,
                ))
        return {"architecture": base.architecture, "os": base.os, "variant": base.variant}
    target = target_platform(ctx)
    architecture = ctx.attr.architecture or target.architecture
    if not architecture:
        fail(("%s: the target platform has no OCI architecture (hint: set `base` or `architecture`, or build with " +
              "--platforms=@distroless//rules/platforms:linux_amd64)") % display_label(ctx.label))
    variant = ctx.attr.variant or ("" if ctx.attr.architecture else default_variant(architecture))
    return {"architecture": architecture, "os": ctx.attr.os or target.os, "variant": variant}

def _last_parts(ctx, base, new_outlines, with_cache):
    """Parts that depend on all others of the image: a list of PartInfo."""
    parts = []
    if ctx.attr.alternatives:
        parts.append(alternatives_part(ctx, base, new_outlines))
        new_outlines = depset(transitive = [new_outlines, depset([parts[-1].outline])], order = "preorder")
    if with_cache:
        parts.append(ld_so_cache_if_needed(ctx, base.layers if base else [], new_outlines))
    return parts

def _oci_image_impl(ctx):
    name = ctx.label.name
    if ctx.attr.program and ctx.attr.program[0].label not in [target.label for target in ctx.attr.tars]:
        fail("%s: `program` is %s, which is not in `tars` (hint: add it)" % (
            display_label(ctx.label),
            display_label(ctx.attr.program[0].label),
        ))
    base = image_of_target(ctx, name, ctx.attr.base[0]) if ctx.attr.base else None
    platform = _platform(ctx, base)
    base_layers = base.layers if base else []
    has_metadata = not [layer for layer in base_layers if not layer.parts]
    with_cache = ctx.attr.ld_so_cache and has_metadata and platform["os"] == "linux"
    layers = layers_of_targets(
        ctx,
        ctx.attr.tars,
        base_layers,
        make_last_parts = lambda new_outlines: _last_parts(ctx, base, new_outlines, with_cache),
        needs_last_parts = ctx.attr.alternatives,
        count = layer_budget(ctx),
    )
    declarations = declare_image(ctx, name, base, layers, platform)
    config, manifest, digest = describe_image(ctx, name, declarations)
    layers = base_layers + layers
    report = check_image(ctx, name, declarations, layers, base) if ctx.attr.check else None
    image = OciImageInfo(
        config = config,
        declarations = declarations,
        layers = layers,
        manifest = manifest,
        reports = depset([report] if report else []),
        waivers = depset(ctx.files.waivers, transitive = [base.waivers] if base else []),
        **platform
    )
    directory = write_layout(ctx, name, [image], ref = image_ref(ctx))
    layout = depset([directory])
    return [
        # Rule sets that take a layout as their base read its runfiles, even if there are none.
        DefaultInfo(files = layout, runfiles = ctx.runfiles(transitive_files = layout)),
        OutputGroupInfo(
            oci_layout = layout,
            oci_tarball = depset([pack_layout(ctx, name, directory)]),
            digest = depset([digest]),
            config = depset([config]),
            manifest = depset([manifest]),
            check = image.reports,
            metadata = image_metadata(image),
        ),
        image,
    ]

oci_image = rule(
    doc = "The rule behind the macro `oci_image`.",
    implementation = _oci_image_impl,
    attrs = _ATTRS,
    provides = [OciImageInfo],
)
