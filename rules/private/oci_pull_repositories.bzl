"""The repository rules of `oci.pull`."""

load(":oci_names.bzl", "oci_names")
load(":registry_download.bzl", "registry_downloader")

visibility("//rules/...")

_BLOBS = "blobs/sha256"

_ATTRS = {
    "digest": attr.string(mandatory = True, doc = "Digest of the image or index."),
    "image": attr.string(mandatory = True, doc = "The repository."),
    "insecure": attr.bool(doc = "Whether to use plain http."),
}

def _read_manifest(rctx, downloader, digest):
    """Downloads a manifest to its place in the layout, and returns it decoded."""
    path = "%s/%s" % (_BLOBS, digest.removeprefix("sha256:"))
    downloader.manifest(digest, path)
    return json.decode(rctx.read(path))

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

    # A layer that may not be redistributed is not in the registry.
    layers = [layer["digest"] for layer in manifest["layers"] if not layer.get("urls")]
    blobs = {each: None for each in [manifest["config"]["digest"]] + layers}.keys()
    downloader.blobs(blobs, _BLOBS)
    rctx.file("BUILD.bazel", """\
load({macro}, "pulled_image")

pulled_image(
    name = {name},
    config = {config},
    layers = {layers},
    manifest = {manifest},
)
""".format(
        name = repr(rctx.attr.repository),
        macro = repr(str(Label("//rules/private:pulled_image.bzl"))),
        config = repr(manifest["config"]["digest"]),
        layers = repr({layer: None for layer in layers}.keys()),
        manifest = repr(digest),
    ))

oci_pulled_image = repository_rule(
    doc = "An image for one platform: `:image`, and by the name of the repository, as in rules_oci.",
    implementation = _oci_pulled_image_impl,
    attrs = _ATTRS | {
        "repository": attr.string(mandatory = True, doc = "Name of this repository as the user writes it."),
        "platform": attr.string(doc = "The platform to take from an index, such as `linux/arm64`."),
    },
)

def _oci_pull_hub_impl(rctx):
    downloader = registry_downloader(rctx, rctx.attr.image, rctx.attr.digest, rctx.attr.insecure)
    downloader.manifest(rctx.attr.digest, "manifest.json")
    manifest = json.decode(rctx.read("manifest.json"))
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
