"""Images for one platform, from metadata."""

load("//rules/providers:layer_info.bzl", "LayerInfo")
load("//rules/providers:layers_info.bzl", "LayersInfo")
load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "PythonToolInfo", "run_python_tool")
load(":image_check.bzl", "CHECK_ATTRS", "check_image")
load(":labels.bzl", "recorded", "shown")
load(":oci_layer.bzl", "LAYER_ATTRS", "layers_of_parts")
load(":oci_layout.bzl", "IMPORT_ATTRS", "LAYOUT_ATTRS", "import_layout", "pack_layout", "write_layout")

_TAR_SUFFIXES = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst"]

# What targets with PartsInfo write (make_part).
_PART_SUFFIXES = [".part.gz", ".part.zst"]

# The file forms of options that are lists or dicts.
_FILE_FORMS = ["env", "labels", "annotations", "entrypoint", "cmd", "exposed_ports", "volumes"]

_ATTRS = LAYER_ATTRS | LAYOUT_ATTRS | IMPORT_ATTRS | CHECK_ATTRS | {
    "annotations": attr.string_dict(doc = "Annotations of the manifest."),
    "annotations_file": attr.label(allow_single_file = True, doc = "The same as lines `KEY=VALUE`."),
    "architecture": attr.string(doc = "OCI architecture (Go's name); required without a base."),
    "base": attr.label(allow_files = True, doc = "An image of this rule set, or one OCI layout directory from elsewhere."),
    "clear_entrypoint": attr.bool(doc = "Start with no entrypoint though the base has one."),
    "cmd": attr.string_list(doc = "Arguments of the entrypoint; replaces the base's."),
    "cmd_file": attr.label(allow_single_file = True, doc = "The same, an argument a line."),
    "created": attr.label(allow_single_file = True, doc = "A file with the time of creation, RFC 3339; by default the newest time in the layers."),
    "entrypoint": attr.string_list(doc = "Program and first arguments; replaces the base's, and clears its cmd."),
    "entrypoint_file": attr.label(allow_single_file = True, doc = "The same, an argument a line."),
    "env": attr.string_dict(doc = "Environment; $K and ${K} see the base's and the entries before."),
    "env_file": attr.label(allow_single_file = True, doc = "The same as lines `KEY=VALUE`."),
    "exposed_ports": attr.string_list(doc = "Ports such as `8080/tcp`, besides the base's."),
    "exposed_ports_file": attr.label(allow_single_file = True, doc = "The same, a port a line."),
    "labels": attr.string_dict(doc = "Labels of the config, merged with the base's."),
    "labels_file": attr.label(allow_single_file = True, doc = "The same as lines `KEY=VALUE`."),
    "os": attr.string(doc = "OCI operating system; required without a base."),
    "tars": attr.label_list(
        allow_files = _TAR_SUFFIXES + _PART_SUFFIXES,
        doc = """Layers, bottom to top, above the base's: tar files (plain, gzip, zstd), oci_layer targets, and parts
(packages, package sets, generated files). Parts that follow each other become one layer.""",
    ),
    "user": attr.string(doc = "User as `uid`, `uid:gid` or a name in the image's /etc/passwd."),
    "variant": attr.string(doc = "OCI variant of the architecture, such as `v8`."),
    "volumes": attr.string_list(doc = "Paths of volumes, besides the base's."),
    "volumes_file": attr.label(allow_single_file = True, doc = "The same, a path a line."),
    "workdir": attr.string(doc = "Working directory."),
    "_oci_image": attr.label(default = "//tools/oci_image", cfg = "exec", providers = [PythonToolInfo]),
    "_tar_layer": attr.label(default = "//tools/tar_layer", cfg = "exec", providers = [PythonToolInfo]),
}

def _describe_tar(ctx, name, tar):
    descriptor = ctx.actions.declare_file(name + ".layer.json")
    args = ctx.actions.args()
    args.add("--tar", tar)
    args.add("--layer-out", descriptor)
    args.add("--label", recorded(tar.owner, tar.basename))
    run_python_tool(
        ctx,
        ctx.attr._tar_layer,
        arguments = [args],
        inputs = [tar],
        outputs = [descriptor],
        mnemonic = "TarLayer",
        progress_message = "Describing layer %{input}",
    )
    return LayerInfo(blob = tar, descriptor = descriptor, parts = [])

def _own_layers(ctx, below):
    """The layers of `tars`, in order, above the layers `below`; neighbouring parts are merged."""
    layers = []
    parts = []

    def merge(parts):
        if not parts:
            return []
        lower = [metadata for layer in below + layers for metadata in layer.parts]
        return layers_of_parts(ctx, "%s.%d" % (ctx.label.name, len(layers)), parts, lower = lower)

    for target in ctx.attr.tars:
        if PartsInfo in target:
            parts.extend(target[PartsInfo].parts)
            continue
        layers.extend(merge(parts))
        parts.clear()
        if LayersInfo in target:
            layers.extend(target[LayersInfo].layers)
        else:
            for tar in target[DefaultInfo].files.to_list():
                layers.append(_describe_tar(ctx, "%s.%d" % (ctx.label.name, len(layers)), tar))
    layers.extend(merge(parts))
    return layers

def _options(ctx):
    """What the image's config says, as the tool's options.json; an option that is not given is null."""
    return {
        "annotations": ctx.attr.annotations or None,
        "architecture": ctx.attr.architecture or None,
        "cmd": ctx.attr.cmd or None,
        "entrypoint": [] if ctx.attr.clear_entrypoint else ctx.attr.entrypoint or None,
        # Pairs: the order counts, and json.encode sorts a dict.
        "env": [list(pair) for pair in ctx.attr.env.items()] or None,
        "exposed_ports": ctx.attr.exposed_ports or None,
        "labels": ctx.attr.labels or None,
        "os": ctx.attr.os or None,
        "user": ctx.attr.user or None,
        "variant": ctx.attr.variant or None,
        "volumes": ctx.attr.volumes or None,
        "workdir": ctx.attr.workdir or None,
    }

def _oci_image_impl(ctx):
    name = ctx.label.name
    base = None
    if ctx.attr.base:
        base = ctx.attr.base[OciImageInfo] if OciImageInfo in ctx.attr.base else import_layout(ctx, name, ctx.attr.base)
    elif not (ctx.attr.os and ctx.attr.architecture):
        fail("%s: no base, and no platform (hint: set `base`, or `os` and `architecture`)" % shown(ctx.label))
    layers = _own_layers(ctx, base.layers if base else [])

    options = ctx.actions.declare_file(name + ".options.json")
    ctx.actions.write(options, json.encode(_options(ctx)))
    config = ctx.actions.declare_file(name + ".config.json")
    manifest = ctx.actions.declare_file(name + ".manifest.json")
    digest = ctx.actions.declare_file(name + ".json.sha256")
    args = ctx.actions.args()
    args.add("--config-out", config)
    args.add("--manifest-out", manifest)
    args.add("--digest-out", digest)
    args.add("--options", options)
    args.add("--label", shown(ctx.label))
    inputs = [options] + [layer.descriptor for layer in layers]
    if base:
        args.add("--base-config", base.config)
        args.add("--base-manifest", base.manifest)
        inputs += [base.config, base.manifest]
    args.add_all([layer.descriptor for layer in layers], before_each = "--layer")
    for option in _FILE_FORMS:
        file = getattr(ctx.file, option + "_file")
        if file:
            args.add("--%s-file" % option.replace("_", "-"), file)
            inputs.append(file)
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
    image = OciImageInfo(
        config = config,
        manifest = manifest,
        layers = (base.layers if base else []) + layers,
        exceptions = (base.exceptions if base else []) + ctx.files.exceptions,
        layouts = base.layouts if base else [],
        layout_files = base.layout_files if base else depset(),
    )
    directory = write_layout(ctx, name, [image])
    layout = depset([directory])

    # A layer of a tar from elsewhere has no metadata to look at.
    checked = ctx.attr.check and [layer for layer in layers if layer.parts]
    report = check_image(ctx, name, image, base) if checked else None
    return [
        # A rule set that takes a layout as its base asks for runfiles, even if there are none.
        DefaultInfo(files = layout, runfiles = ctx.runfiles(transitive_files = layout)),
        OutputGroupInfo(
            oci_layout = layout,
            oci_tarball = depset([pack_layout(ctx, name, directory)]),
            digest = depset([digest]),
            config = depset([config]),
            manifest = depset([manifest]),
            _validation = depset([report] if report else []),
        ),
        image,
    ]

oci_image = rule(
    doc = "The rule behind the macro `oci_image`.",
    implementation = _oci_image_impl,
    attrs = _ATTRS,
    provides = [OciImageInfo],
)
