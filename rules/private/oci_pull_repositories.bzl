"""The repository rules of `oci.pull`."""

load(":oci_names.bzl", "oci_names")
load(":registry_download.bzl", "registry_downloader")

visibility("//rules/...")

# What follows the name of an image's repository in that of the repository with its layers.
LAYERS_SUFFIX = "_layers"

MANIFEST = "manifest.json"

_CONFIG = "config.json"

_ATTRS = {
    "digest": attr.string(mandatory = True, doc = "Digest of the image or index."),
    "image": attr.string(mandatory = True, doc = "The repository."),
    "insecure": attr.bool(doc = "Whether to use plain http."),
}

def _read_manifest(rctx, downloader, digest):
    """Downloads a manifest or an index, and returns it decoded."""
    downloader.manifest(digest, MANIFEST)
    return json.decode(rctx.read(MANIFEST))

def _oci_pulled_image_impl(rctx):
    digest = rctx.attr.digest
    downloader = registry_downloader(rctx, rctx.attr.image, digest, rctx.attr.insecure)
    manifest = _read_manifest(rctx, downloader, digest)
    if "manifests" in manifest:
        found = oci_names.find_manifest(manifest, rctx.attr.platform)
        if not found:
            fail("oci.pull: %s@%s has no image for %s (hint: `platforms` must be among %s)" % (
                rctx.attr.image,
                digest,
                rctx.attr.platform,
                ", ".join(oci_names.platforms(manifest)),
            ))
        digest = found["digest"]
        manifest = _read_manifest(rctx, downloader, digest)
    if not oci_names.is_image(manifest):
        fail("oci.pull: %s@%s is not an image (hint: `digest` must be that of an image or an index, of OCI or of Docker's schema 2)" % (
            rctx.attr.image,
            digest,
        ))
    downloader.blobs({manifest["config"]["digest"]: _CONFIG})

    # The config of an artifact, such as a signature, can be anything. Building the image tells what it is.
    config = json.decode(rctx.read(_CONFIG), default = None)
    if type(config) != "dict":
        config = {}

    # Links to files of a repository that is not fetched yet. Bazel fetches it when it follows one: when an action that has
    # the file as an input runs. A label of that repository would be fetched by the analysis.
    layers = oci_names.layers(manifest)
    for path in {oci_names.blob_path(layer): None for layer in layers}:
        rctx.symlink(rctx.path("../%s%s/%s" % (rctx.name, LAYERS_SUFFIX, path)), path)
    rctx.file("BUILD.bazel", """\
load({macro}, "pulled_image")

pulled_image(
    name = {name},
    architecture = {architecture},
    config = {config},
    digest = {digest},
    image = {image},
    insecure = {insecure},
    layers = {layers},
    manifest = {manifest},
    os = {os},
    variant = {variant},
)
""".format(
        name = repr(rctx.attr.repository),
        macro = repr(str(Label("//rules/private:pulled_image.bzl"))),
        architecture = repr(config.get("architecture", "")),
        config = repr(_CONFIG),
        digest = repr(digest),
        image = repr(rctx.attr.image),
        insecure = rctx.attr.insecure,
        layers = repr(layers),
        manifest = repr(MANIFEST),
        os = repr(config.get("os", "")),
        variant = repr(config.get("variant", "")),
    ))

oci_pulled_image = repository_rule(
    doc = """An image for one platform, without its layers: `:image`, and by the name of the repository, as in rules_oci.

The layers are in a repository of their own, `<name>_layers`.""",
    implementation = _oci_pulled_image_impl,
    attrs = _ATTRS | {
        "repository": attr.string(mandatory = True, doc = "Name of this repository as the user writes it."),
        "platform": attr.string(doc = "The platform to take from an index, such as `linux/arm64`."),
    },
)

def _oci_pulled_layers_impl(rctx):
    downloader = registry_downloader(rctx, rctx.attr.image, rctx.attr.digest, rctx.attr.insecure)
    manifest = json.decode(rctx.read(rctx.attr.manifest))
    downloader.blobs({layer: oci_names.blob_path(layer) for layer in oci_names.layers(manifest)})
    rctx.file("BUILD.bazel", "")

oci_pulled_layers = repository_rule(
    doc = "The layers of an image for one platform. No label refers to it: an `oci_pulled_image` links to its files.",
    implementation = _oci_pulled_layers_impl,
    attrs = _ATTRS | {
        "manifest": attr.label(allow_single_file = True, mandatory = True, doc = "The image's manifest."),
    },
)

def _oci_pull_hub_impl(rctx):
    downloader = registry_downloader(rctx, rctx.attr.image, rctx.attr.digest, rctx.attr.insecure)
    manifest = _read_manifest(rctx, downloader, rctx.attr.digest)
    images = {}
    if "manifests" in manifest:
        for platform in rctx.attr.platforms:
            if rctx.attr.is_explicit or oci_names.find_manifest(manifest, platform):
                images[platform] = "@%s_%s//:image" % (rctx.attr.pull_name, oci_names.platform_name(platform))
        if not images:
            fail("oci.pull: %s@%s has no image for a platform that is known here (hint: set `platforms` to some of %s)" % (
                rctx.attr.image,
                rctx.attr.digest,
                ", ".join(oci_names.platforms(manifest)),
            ))
    elif rctx.attr.is_explicit:
        fail("oci.pull: %s@%s is an image for one platform (hint: remove `platforms`)" % (rctx.attr.image, rctx.attr.digest))
    rctx.file("BUILD.bazel", """\
load({macro}, "oci_pull_hub")

oci_pull_hub(
    name = {name},
    image = {image},
    images = {images},
)
""".format(
        macro = repr(str(Label("//rules/private:pulled_image.bzl"))),
        name = repr(rctx.attr.pull_name),
        image = repr("@%s_image//:image" % rctx.attr.pull_name),
        images = repr(images),
    ))

oci_pull_hub = repository_rule(
    doc = "The image of an `oci.pull` by platform.",
    implementation = _oci_pull_hub_impl,
    attrs = _ATTRS | {
        "is_explicit": attr.bool(doc = "Whether the user chose the platforms."),
        "platforms": attr.string_list(doc = "Platforms that have a repository."),
        "pull_name": attr.string(mandatory = True, doc = "Name of the repository as the user wrote it."),
    },
)
