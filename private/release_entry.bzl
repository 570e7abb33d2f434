"""The rule `release_entry`: what is released of one index."""

load("//rules:oci.bzl", "OciIndexInfo")
load("//rules/private:oci_provenance.bzl", "PROVENANCE_ATTRS", "describe_index_provenance", "describe_provenance")
load("//rules/private:oci_sbom.bzl", "SBOM_ATTRS", "describe_sbom")
load("//rules/private:oci_vex.bzl", "VEX_ATTRS", "describe_vex")
load(":release_entry_info.bzl", "ReleaseEntriesInfo", "ReleaseEntryInfo")
load(":release_settings.bzl", "DEFAULT_DISTRIBUTION", "REGISTRY", "VENDOR")
load(":visibility.bzl", "IMAGES_AND_TESTS")

visibility(IMAGES_AND_TESTS)

# Predicate types, as cosign names them.
_SPDX = "https://spdx.dev/Document"
_CYCLONEDX = "https://cyclonedx.org/bom"
_PROVENANCE = "https://slsa.dev/provenance/v1"
_OPENVEX = "https://openvex.dev/ns"

def _image(ctx, image):
    """What is released of one image of the index."""
    if not image.architecture:
        fail("%s: the architecture of %s is unknown (hint: release only images without an imported base)" % (
            ctx.label,
            image.manifest.owner,
        ))
    for layer in image.layers:
        if not layer.blob:
            fail("%s: %s has an imported base, whose layers are not known (hint: release only images without one)" % (
                ctx.label,
                image.manifest.owner,
            ))
    name = "%s.%s" % (ctx.label.name, image.architecture)
    sbom = describe_sbom(
        ctx,
        name,
        image,
        image_name = "%s/%s-%s" % (REGISTRY, ctx.attr.repository, ctx.attr.distribution),
        supplier = VENDOR,
    )
    repositories = ["%s-%s" % (ctx.attr.repository, ctx.attr.distribution)]
    if ctx.attr.distribution == DEFAULT_DISTRIBUTION:
        repositories.append(ctx.attr.repository)
    vex = describe_vex(ctx, name, sbom.spdx, ctx.file._vex_statements, author = VENDOR, image_names = repositories)
    predicates = [
        struct(file = sbom.spdx, type = _SPDX),
        struct(file = sbom.cyclonedx, type = _CYCLONEDX),
        struct(file = describe_provenance(ctx, name, image), type = _PROVENANCE),
        struct(file = vex, type = _OPENVEX),
    ]
    return struct(architecture = image.architecture, image = image, predicates = predicates)

def _release_entry_impl(ctx):
    index = ctx.attr.index[OciIndexInfo]
    label = ctx.attr.index.label
    images = [_image(ctx, image) for image in index.images]
    provenance = describe_index_provenance(
        ctx,
        ctx.label.name,
        index,
        [predicate.file for each in images for predicate in each.predicates if predicate.type == _PROVENANCE],
        # A machine that cannot download all packages builds an index of fewer images.
        settings = {"@distroless//:architectures": ",".join([each.architecture for each in images])},
    )
    entry = ReleaseEntryInfo(
        debug = ctx.attr.debug,
        distribution = ctx.attr.distribution,
        images = images,
        index = index,
        label = "//%s:%s" % (label.package, label.name),
        nonroot = ctx.attr.nonroot,
        predicates = [struct(file = provenance, type = _PROVENANCE)],
        repository = ctx.attr.repository,
    )
    files = [predicate.file for each in [entry] + images for predicate in each.predicates]
    return [
        DefaultInfo(files = depset(files)),
        entry,
        ReleaseEntriesInfo(entries = [entry]),
    ]

release_entry = rule(
    doc = """What is released of one index. `<name>` is that of the index and `.release`.

Makes what the attestations of its images say.""",
    implementation = _release_entry_impl,
    attrs = PROVENANCE_ATTRS | SBOM_ATTRS | VEX_ATTRS | {
        "debug": attr.bool(doc = "Whether it is the index of debug images."),
        "distribution": attr.string(mandatory = True, doc = "A key of DISTRIBUTIONS."),
        "index": attr.label(mandatory = True, providers = [OciIndexInfo], doc = "The index."),
        "nonroot": attr.bool(doc = "Whether its images have the user nonroot."),
        "repository": attr.string(mandatory = True, doc = "Name of the repositories, such as `static`."),
        "_vex_statements": attr.label(
            allow_single_file = True,
            default = "//private:vex.yaml",
            doc = "Vulnerabilities that do not affect images.",
        ),
    },
    provides = [ReleaseEntryInfo, ReleaseEntriesInfo],
)
