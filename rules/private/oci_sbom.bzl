"""SBOMs of images."""

load("//rules/providers:oci_index_info.bzl", "OciIndexInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":base_image.bzl", "IMPORT_ATTRS", "only_image_of_target")
load(":default_ref.bzl", "default_ref")
load(":image_flags.bzl", "add_image")

visibility([
    "//private",
    "//rules/...",
])

SBOM_ATTRS = {
    "_sbom": python_tool_attr("//tools/sbom"),
}

def describe_sbom(ctx, name, image, *, image_name, prefer_title = False, supplier = ""):
    """Lists what an image consists of, from the metadata of its parts.

    Args:
      ctx: the rule's context. Its attributes include SBOM_ATTRS.
      name: string, prefix of the files to make.
      image: OciImageInfo.
      image_name: string, name of the image.
      prefer_title: bool, whether its name is the title in its annotations, if there is one.
      supplier: string, who distributes the image if its annotations have no vendor.

    Returns:
      struct(spdx: File, SPDX 2.3 in JSON; cyclonedx: File, CycloneDX 1.6 in JSON).
    """
    spdx = ctx.actions.declare_file(name + ".spdx.json")
    cyclonedx = ctx.actions.declare_file(name + ".cdx.json")
    args = ctx.actions.args()
    inputs = add_image(args, image, with_digests = True)

    # Rules of other repositories may return layers without it.
    inventories = depset(transitive = [layer.inventories for layer in image.layers if hasattr(layer, "inventories")])
    args.add_all(inventories, before_each = "--inventory")
    args.add("--manifest", image.manifest)
    args.add("--config", image.config)
    args.add("--name", image_name)
    if prefer_title:
        args.add("--prefer-title")
    args.add("--supplier=" + supplier)
    args.add("--spdx-out", spdx)
    args.add("--cyclonedx-out", cyclonedx)
    run_python_tool(
        ctx,
        ctx.attr._sbom,
        arguments = args,
        inputs = depset([image.manifest, image.config], transitive = inputs + [inventories]),
        outputs = [spdx, cyclonedx],
        mnemonic = "Sbom",
        progress_message = "Listing what is in %{label}",
    )
    return struct(cyclonedx = cyclonedx, spdx = spdx)

def _images_by_name(ctx):
    """The images to describe: a dict from the prefix of their files to OciImageInfo."""
    name = ctx.label.name
    if OciIndexInfo not in ctx.attr.image:
        return {name: only_image_of_target(ctx, name, ctx.attr.image)}
    images = {}
    for number, image in enumerate(ctx.attr.image[OciIndexInfo].images):
        # An index may have several variants of one architecture; that of a layout from elsewhere is unknown.
        names = ["%s.%s" % (name, each) for each in [image.architecture, image.architecture + image.variant] if each]
        images[([each for each in names if each not in images] + ["%s.%d" % (name, number)])[0]] = image
    return images

def _oci_sbom_impl(ctx):
    documents = [
        describe_sbom(
            ctx,
            name,
            image,
            image_name = default_ref(ctx.attr.image.label).rsplit(":", 1)[0],
            prefer_title = True,
            supplier = ctx.attr.supplier,
        )
        for name, image in _images_by_name(ctx).items()
    ]
    spdx = depset([each.spdx for each in documents])
    cyclonedx = depset([each.cyclonedx for each in documents])
    return [
        DefaultInfo(files = depset(transitive = [spdx, cyclonedx])),
        OutputGroupInfo(cyclonedx = cyclonedx, spdx = spdx),
    ]

oci_sbom = rule(
    doc = """SBOMs of an image: `<name>.spdx.json`, SPDX 2.3, and `<name>.cdx.json`, CycloneDX 1.6.

They list the packages of the image with their licenses, and each file with the package that owns it. For an index, there is a
pair for each image, `<name>.<architecture>.spdx.json` and `<name>.<architecture>.cdx.json`. The same image has the same SBOMs,
byte for byte. docs/sbom.md describes them.

```
load("@distroless//rules:oci.bzl", "oci_sbom")

oci_sbom(
    name = "sbom",
    image = ":image",
    supplier = "Example Corp",
)
```""",
    implementation = _oci_sbom_impl,
    attrs = IMPORT_ATTRS | SBOM_ATTRS | {
        "image": attr.label(
            allow_files = True,
            mandatory = True,
            doc = "An `oci_image`, an `oci_image_index`, or an OCI image layout of one image.",
        ),
        "supplier": attr.string(
            doc = "Who distributes the image, if it has no annotation `org.opencontainers.image.vendor`.",
        ),
    },
)
