"""The `oci` module extension: images from registries."""

load(":oci_names.bzl", "DEFAULT_PLATFORMS", "oci_names")
load(":oci_pull_repositories.bzl", "LAYERS_SUFFIX", "MANIFEST", "oci_pull_hub", "oci_pulled_image", "oci_pulled_layers")
load(":oci_pulls.bzl", "find_pulls")
load(":registry_download.bzl", "ask_registry")

visibility("//rules/...")

_pull = tag_class(
    doc = """Pulls an image by digest, to be the base of others: `@<name>`. Of an index it is the image for the target platform, and
`@<name>//:linux_arm64` is that for one platform. Its layers are downloaded when an action needs their bytes, for its
platform: not for a digest, a config or a manifest, and not for an `oci_push`, which gets what it must send itself.""",
    attrs = {
        "digest": attr.string(doc = "Digest of the image or index, `sha256:...`. Without it the tag is resolved at each evaluation, with a warning."),
        "image": attr.string(mandatory = True, doc = "Repository, such as `registry.example.com/team/app`, without tag or digest. One without a host is docker.io's."),
        "insecure": attr.bool(doc = "Whether to use plain http instead of https."),
        "name": attr.string(mandatory = True, doc = "Name of the repository."),
        "platforms": attr.string_list(doc = "Platforms of an index to offer, such as `linux/arm64/v8`. By default all that it has, of those that this module knows."),
        "tag": attr.string(doc = "The tag that the digest was taken from. It only documents the digest, if there is one."),
    },
)

def _resolve(module_ctx, tag):
    """The digest of a tag's image."""
    if tag.digest:
        return tag.digest
    digest = ask_registry(module_ctx, tag.image, tag.tag, tag.insecure).digest

    # buildifier: disable=print
    print("oci.pull of %s: tag '%s' can move. Pin it: digest = \"%s\"" % (tag.name, tag.tag, digest))
    return digest

def _oci_impl(module_ctx):
    pulls = find_pulls(module_ctx.modules)
    for name, pull in pulls.items():
        tag = pull.tag
        digest = _resolve(module_ctx, tag)
        platforms = tag.platforms or DEFAULT_PLATFORMS
        common = {"digest": digest, "image": tag.image, "insecure": tag.insecure}
        for suffix, platform in ({oci_names.platform_name(each): each for each in platforms} | {"image": ""}).items():
            repository = "%s_%s" % (name, suffix)
            oci_pulled_image(name = repository, platform = platform, repository = repository, **common)
            oci_pulled_layers(name = repository + LAYERS_SUFFIX, manifest = "@%s//:%s" % (repository, MANIFEST), **common)
        oci_pull_hub(
            name = name,
            is_explicit = bool(tag.platforms),
            platforms = platforms,
            pull_name = name,
            **common
        )
    return module_ctx.extension_metadata(reproducible = all([pull.tag.digest for pull in pulls.values()]))

oci = module_extension(
    doc = """Images from registries.

```
oci = use_extension("@distroless//rules:oci_extension.bzl", "oci")
oci.pull(
    name = "debian",
    digest = "sha256:...",
    image = "docker.io/library/debian",
    tag = "13-slim",
)
use_repo(oci, "debian")
```

Credentials are those of docker and podman; docs/push.md says where they are looked for.""",
    implementation = _oci_impl,
    tag_classes = {"pull": _pull},
)
