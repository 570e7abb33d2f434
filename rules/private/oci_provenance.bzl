"""The provenance of images, and the rule `oci_provenance`."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")
load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:oci_index_info.bzl", "OciIndexInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":compression.bzl", "compression")
load(":labels.bzl", "display_label")
load(":oci_platform.bzl", "platform_text")
load(":part.bzl", "PART_ATTRS")

visibility([
    "//private/...",
    "//rules/...",
])

PROVENANCE_ATTRS = PART_ATTRS | {
    "_provenance": python_tool_attr("//tools/provenance"),
    "_rules_version": attr.label(
        default = "//rules:version",
        doc = "The version of this rule set.",
    ),
}

def describe_provenance(ctx, name, image, settings = {}):
    """Writes the provenance of an image: a predicate of SLSA v1, without what a release adds. docs/provenance.md describes it.

    Args:
      ctx: the rule's context. Its attributes include PROVENANCE_ATTRS.
      name: string, prefix of the file to make.
      image: OciImageInfo.
      settings: dict, values of further build settings that the image depends on, by their labels.

    Returns:
      File: the predicate.
    """
    metadata = [layer.metadata for layer in image.layers if layer.metadata]
    parts = depset(transitive = [layer.parts for layer in image.layers])
    args = ctx.actions.args()
    args.add("--manifest", image.manifest)
    args.add_all(metadata, before_each = "--layer")
    args.add_all(parts, before_each = "--part")
    inputs = depset([image.manifest] + metadata, transitive = [parts])
    return _write_provenance(ctx, name, image.manifest.owner, [image], settings, args, inputs)

def describe_index_provenance(ctx, name, index, provenances, settings = {}):
    """Writes the provenance of an index, which is made of all that its images are made of.

    Args:
      ctx: the rule's context. Its attributes include PROVENANCE_ATTRS.
      name: string, prefix of the file to make.
      index: OciIndexInfo.
      provenances: list of File, what describe_provenance wrote for each image.
      settings: dict, values of further build settings that the index depends on, by their labels.

    Returns:
      File: the predicate.
    """
    args = ctx.actions.args()
    args.add_all(provenances, before_each = "--provenance")
    return _write_provenance(ctx, name, index.index.owner, index.images, settings, args, depset(provenances))

def _write_provenance(ctx, name, target, images, settings, args, inputs):
    predicate = ctx.actions.declare_file(name + ".provenance.json")
    args.add("--target", display_label(target))

    # Known for all images but those on a base from elsewhere.
    args.add_all([platform_text(image) for image in images if platform_text(image)], before_each = "--platform")
    for label, value in ({"@distroless//rules:compression": compression(ctx)} | settings).items():
        args.add("--setting", "%s=%s" % (label, value))
    args.add("--rules-version", ctx.attr._rules_version[BuildSettingInfo].value)
    args.add("--predicate-out", predicate)
    run_python_tool(
        ctx,
        ctx.attr._provenance,
        arguments = args,
        inputs = inputs,
        outputs = [predicate],
        mnemonic = "Provenance",
        progress_message = "Writing provenance of %{label}",
    )
    return predicate

def _oci_provenance_impl(ctx):
    name = ctx.label.name
    if OciIndexInfo not in ctx.attr.image:
        return [DefaultInfo(files = depset([describe_provenance(ctx, name, ctx.attr.image[OciImageInfo])]))]
    index = ctx.attr.image[OciIndexInfo]
    images = [
        describe_provenance(ctx, "%s.%d" % (name, number), image)
        for number, image in enumerate(index.images)
    ]
    return [
        DefaultInfo(files = depset([describe_index_provenance(ctx, name, index, images)])),
        OutputGroupInfo(images = depset(images)),
    ]

oci_provenance = rule(
    doc = """Says how an image was built and what was downloaded for it: a predicate of SLSA v1, `<name>.provenance.json`.

```
load("@distroless//rules:oci.bzl", "oci_provenance")

oci_provenance(
    name = "provenance",
    image = ":image",
)
```

It does not depend on who builds it. docs/provenance.md describes it and how to sign it. For an index, it is that of the index; the
output group `images` has one for each image, `<name>.0.provenance.json`, in the order of the index.""",
    implementation = _oci_provenance_impl,
    attrs = PROVENANCE_ATTRS | {
        "image": attr.label(
            mandatory = True,
            providers = [[OciImageInfo], [OciIndexInfo]],
            doc = "An `oci_image` or an `oci_image_index`.",
        ),
    },
)
