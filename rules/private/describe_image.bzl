"""What images declare, and the action that writes an image's config and manifest.

It reads what the image declares, and what the images below it declare, down to one from elsewhere. So it does not wait for the
documents of its base, which need not be built at all.
"""

load("//rules/providers:start_info.bzl", "StartInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":compression.bzl", "image_compression")
load(":image_options.bzl", "OPTION_ATTRS", "option_files", "option_values")
load(":labels.bzl", "display_label")

visibility("//rules/...")

DESCRIBE_ATTRS = OPTION_ATTRS | {
    "annotate_created": attr.bool(doc = "Whether the annotation `org.opencontainers.image.created` says when the image was created."),
    "base_name": attr.string(
        doc = """Reference of the base, such as `gcr.io/distroless/cc-debian12:latest`, for the annotations
`org.opencontainers.image.base.name` and `org.opencontainers.image.base.digest`.""",
    ),
    "created": attr.label(
        allow_single_file = True,
        doc = "File with the time of creation, RFC 3339. By default it is the newest time in the layers.",
    ),
    "program": attr.label(
        cfg = image_compression,
        doc = "A `binary_layer` of `tars` whose program the image starts.",
        providers = [StartInfo],
    ),
    "user": attr.string(doc = "User as `uid`, `uid:gid` or a name in the image's /etc/passwd."),
    "workdir": attr.string(doc = "Working directory, an absolute path."),
    "_oci_image": python_tool_attr("//tools/oci_image"),
}

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
        start = ctx.attr.program[0][StartInfo]
        values |= {"cmd": start.cmd or None, "entrypoint": start.entrypoint or None}
    ctx.actions.write(options, json.encode(values))
    return options

def declare_image(ctx, name, base, layers, platform):
    """What an image declares, and what the images below it do.

    Args:
      ctx: the rule's context. Its attributes include DESCRIBE_ATTRS.
      name: string, prefix of the file to make.
      base: OciImageInfo, or None.
      layers: list of LayerInfo, what the image adds to its base.
      platform: dict, the platform of an image without a base.

    Returns:
      A list for the field `declarations` of OciImageInfo.
    """

    # Rules of other repositories may return images without it.
    below = getattr(base, "declarations", [])
    files = option_files(ctx)
    if ctx.file.created:
        files["created"] = ctx.file.created
    return below + [struct(
        base = base if base and not below else None,
        files = files,
        label = display_label(ctx.label),
        layers = [layer.metadata for layer in layers],
        options = _write_options(ctx, name, {} if base else platform),
    )]

def add_declarations(args, declarations, file_options = None):
    """Adds the flags of tools/lib/oci/declarations.py.

    Args:
      args: Args to add to.
      declarations: list, what `declare_image` returns.
      file_options: list of strings, the options that the tool reads from files. None: all.

    Returns:
      A list of File, the inputs.
    """
    inputs = []
    base = declarations[0].base
    if base:
        args.add("--base-config", base.config)
        inputs.append(base.config)
    for number, image in enumerate(declarations):
        args.add("--image", image.label)
        args.add(image.options)
        inputs.append(image.options)
        for option, file in image.files.items():
            if file_options != None and option not in file_options:
                continue
            args.add("--%s-file" % option.replace("_", "-"), number)
            args.add(file)
            inputs.append(file)
    return inputs

def describe_image(ctx, name, declarations):
    """Writes config, manifest and digest.

    Args:
      ctx: the rule's context. Its attributes include DESCRIBE_ATTRS.
      name: string, prefix of the files to make.
      declarations: list, what `declare_image` returns.

    Returns:
      The three files.
    """
    config = ctx.actions.declare_file(name + ".config.json")
    manifest = ctx.actions.declare_file(name + ".manifest.json")
    digest = ctx.actions.declare_file(name + ".json.sha256")
    args = ctx.actions.args()
    args.add("--config-out", config)
    args.add("--manifest-out", manifest)
    args.add("--digest-out", digest)
    inputs = add_declarations(args, declarations)
    base = declarations[0].base
    if base:
        args.add("--base-manifest", base.manifest)
        inputs.append(base.manifest)
    for number, image in enumerate(declarations):
        for file in image.layers:
            args.add("--layer", number)
            args.add(file)
            inputs.append(file)
    run_python_tool(
        ctx,
        ctx.attr._oci_image,
        arguments = args,
        inputs = inputs,
        outputs = [config, manifest, digest],
        mnemonic = "OciImage",
        progress_message = "Describing image %{label}",
    )
    return config, manifest, digest
