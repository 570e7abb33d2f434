"""Actions that write images to OCI image layouts."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":default_ref.bzl", "default_ref")
load(":image_credentials.bzl", "refuse_credentials")

visibility("//rules/...")

LAYOUT_TOOLS = {
    "_oci_layout": python_tool_attr("//tools/oci_layout"),
    "_oci_tarball": python_tool_attr("//tools/oci_layout:tarball"),
}

LAYOUT_ATTRS = LAYOUT_TOOLS | {
    "ref": attr.string(doc = "Name of the image when its layout or tarball is loaded, such as `cc:debian13`."),
}

def image_ref(ctx):
    """The name of an image when its layout is loaded. The rule's attributes include LAYOUT_ATTRS."""
    refuse_credentials(ctx, "ref", [ctx.attr.ref])
    return ctx.attr.ref or default_ref(ctx.label)

def write_layout(ctx, name, images, *, ref, index = None):
    """Assembles an OCI image layout.

    Args:
      ctx: the rule's context. Its attributes include LAYOUT_TOOLS.
      name: string, name of the directory.
      images: list of OciImageInfo, exactly one if there is no index.
      ref: string, name of the image when the layout is loaded; an empty string for none.
      index: File, the index that refers to the images, or None.

    Returns:
      File: the directory.
    """
    layout = ctx.actions.declare_directory(name)
    args = ctx.actions.args()
    args.add_all("--layout-out", [layout], expand_directories = False)
    if ref:
        args.add("--ref", ref)
    inputs = []
    if index:
        args.add("--index", index)
        inputs.append(index)
    for image in images:
        args.add("--manifest", image.manifest)
        args.add("--config", image.config)
        inputs += [image.manifest, image.config]
    others = [image.reports for image in images]

    # Images of one index share layers.
    layers = {layer.layout or layer.blob: layer for image in images for layer in image.layers}
    for layer in layers.values():
        if layer.layout:
            args.add_all("--layout", [layer.layout], expand_directories = False)
            inputs.append(layer.layout)
            others.append(layer.layout_files)

            # What symlinks in the layout may lead to. In a sandbox the files of the layout are symlinks too.
            files = depset([layer.layout], transitive = [layer.layout_files])
            args.add_all(files, before_each = "--layout-file")
        else:
            # A blob of this build, or one that was pulled, becomes a hard link. A source file is copied: outputs are made
            # read-only, and a link would make the user's file read-only too.
            args.add("--copy-layer" if layer.blob.is_source and not layer.origin else "--layer")
            args.add(layer.metadata)
            args.add(layer.blob)
            inputs += [layer.metadata, layer.blob]
    run_python_tool(
        ctx,
        ctx.attr._oci_layout,
        arguments = args,
        inputs = depset(inputs, transitive = others),
        outputs = [layout],
        mnemonic = "OciLayout",
        progress_message = "Writing the layout of %{label}",
        # A hard link cannot leave the mount of a sandbox, where the tool copies instead. It reads its inputs and nothing else.
        use_sandbox = False,
    )
    return layout

def pack_layout(ctx, name, layout):
    """Packs an OCI image layout into one tar. The action runs only if the tar is built.

    Args:
      ctx: the rule's context. Its attributes include LAYOUT_TOOLS.
      name: string, prefix of the file to make.
      layout: File, the directory.

    Returns:
      File: the tar.
    """
    tarball = ctx.actions.declare_file(name + ".oci.tar")
    args = ctx.actions.args()
    args.add_all("--layout", [layout], expand_directories = False)
    args.add("--tar-out", tarball)
    run_python_tool(
        ctx,
        ctx.attr._oci_tarball,
        arguments = args,
        inputs = [layout],
        outputs = [tarball],
        mnemonic = "OciTarball",
        progress_message = "Packing %{label}",
    )
    return tarball
