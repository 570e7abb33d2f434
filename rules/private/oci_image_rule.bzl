"""The rule behind the macro `oci_image`."""

load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:start_info.bzl", "StartInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":alternatives.bzl", "ALTERNATIVES_ATTRS", "alternatives_part")
load(":base_image.bzl", "IMPORT_ATTRS", "base_attr", "image_of_target")
load(":check_image.bzl", "CHECK_ATTRS", "check_image")
load(":image_metadata.bzl", "image_metadata")
load(":image_options.bzl", "OPTION_ATTRS", "add_option_files", "option_values")
load(":labels.bzl", "display_label")
load(":layers.bzl", "LAYER_ATTRS", "PART_SUFFIXES", "TAR_LAYER_ATTRS", "TAR_SUFFIXES", "layers_of_targets")
load(":ld_so_cache.bzl", "LD_SO_CACHE_ATTRS", "ld_so_cache_if_needed")
load(":oci_layout.bzl", "LAYOUT_ATTRS", "image_ref", "pack_layout", "write_layout")
load(":oci_platform.bzl", "default_variant", "target_platform")

visibility("//rules/...")

_ATTRS = ALTERNATIVES_ATTRS | IMPORT_ATTRS | CHECK_ATTRS | LAYER_ATTRS | LAYOUT_ATTRS | LD_SO_CACHE_ATTRS | OPTION_ATTRS | TAR_LAYER_ATTRS | {
    "annotate_created": attr.bool(doc = "Whether the annotation `org.opencontainers.image.created` says when the image was created."),
    "architecture": attr.string(doc = "OCI architecture, which is Go's name. By default that of the base, or of the target platform."),
    "base": base_attr(),
    "base_name": attr.string(
        doc = """Reference of the base, such as `gcr.io/distroless/cc-debian12:latest`, for the annotations
`org.opencontainers.image.base.name` and `org.opencontainers.image.base.digest`.""",
    ),
    "created": attr.label(
        allow_single_file = True,
        doc = "File with the time of creation, RFC 3339. By default it is the newest time in the layers.",
    ),
    "os": attr.string(doc = "OCI operating system. By default that of the base, or `linux`."),
    "program": attr.label(
        doc = "A `binary_layer` of `tars` whose program the image starts.",
        providers = [StartInfo],
    ),
    "tars": attr.label_list(
        allow_files = TAR_SUFFIXES + PART_SUFFIXES,
        doc = """Layers above those of the base, bottom to top: tar files (plain, gzip, zstd), `oci_layer` targets, and parts
(packages, package sets, generated files). Parts that follow each other become one layer.""",
    ),
    "user": attr.string(doc = "User as `uid`, `uid:gid` or a name in the image's /etc/passwd."),
    "variant": attr.string(doc = "OCI variant of the architecture, such as `v8`."),
    "workdir": attr.string(doc = "Working directory, an absolute path."),
    "_oci_image": python_tool_attr("//tools/oci_image"),
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

def _write_options(ctx, name, platform):
    """Writes options.json, what the image's config says. An option that is not given is null."""
    options = ctx.actions.declare_file(name + ".options.json")
    values = {"version": 1} | option_values(ctx) | {
        option: value or None
        for option, value in platform.items()
    } | {
        option: getattr(ctx.attr, option) or None
        for option in ["annotate_created", "base_name", "user", "workdir"]
    }
    if ctx.attr.program:
        start = ctx.attr.program[StartInfo]
        values |= {"cmd": start.cmd or None, "entrypoint": start.entrypoint or None}
    ctx.actions.write(options, json.encode(values))
    return options

def _describe_image(ctx, name, base, layers, platform):
    """Writes config, manifest and digest. Returns the three files."""
    options = _write_options(ctx, name, {} if base else platform)
    config = ctx.actions.declare_file(name + ".config.json")
    manifest = ctx.actions.declare_file(name + ".manifest.json")
    digest = ctx.actions.declare_file(name + ".json.sha256")
    layer_files = [layer.metadata for layer in layers]
    inputs = [options] + layer_files
    args = ctx.actions.args()
    args.add("--config-out", config)
    args.add("--manifest-out", manifest)
    args.add("--digest-out", digest)
    args.add("--options", options)
    args.add("--label", display_label(ctx.label))
    if base:
        args.add("--base-config", base.config)
        args.add("--base-manifest", base.manifest)
        inputs += [base.config, base.manifest]
    args.add_all(layer_files, before_each = "--layer")
    inputs += add_option_files(ctx, args)
    if ctx.file.created:
        args.add("--created-file", ctx.file.created)
        inputs.append(ctx.file.created)
    run_python_tool(
        ctx,
        ctx.attr._oci_image,
        arguments = [args],
        inputs = inputs,
        outputs = [config, manifest, digest],
        mnemonic = "OciImage",
        progress_message = "Describing image %{label}",
    )
    return config, manifest, digest

def _last_parts(ctx, base, new_parts, with_cache):
    """Parts that depend on all others of the image: a list of PartInfo."""
    parts = []
    if ctx.attr.alternatives:
        parts.append(alternatives_part(ctx, base, new_parts))
        new_parts = depset(transitive = [new_parts, depset([parts[-1].metadata])], order = "preorder")
    if with_cache:
        parts.append(ld_so_cache_if_needed(ctx, base.layers if base else [], new_parts))
    return parts

def _oci_image_impl(ctx):
    name = ctx.label.name
    if ctx.attr.program and ctx.attr.program.label not in [target.label for target in ctx.attr.tars]:
        fail("%s: `program` is %s, which is not in `tars` (hint: add it)" % (
            display_label(ctx.label),
            display_label(ctx.attr.program.label),
        ))
    base = image_of_target(ctx, name, ctx.attr.base) if ctx.attr.base else None
    platform = _platform(ctx, base)
    base_layers = base.layers if base else []
    has_metadata = not [layer for layer in base_layers if not layer.parts]
    with_cache = ctx.attr.ld_so_cache and has_metadata and platform["os"] == "linux"
    layers = layers_of_targets(
        ctx,
        ctx.attr.tars,
        base_layers,
        make_last_parts = lambda new_parts: _last_parts(ctx, base, new_parts, with_cache),
        needs_last_parts = ctx.attr.alternatives,
    )
    config, manifest, digest = _describe_image(ctx, name, base, layers, platform)
    layers = base_layers + layers
    report = check_image(ctx, name, config, layers, base) if ctx.attr.check else None
    image = OciImageInfo(
        config = config,
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
