"""The tags of the `oci` extension, from all modules."""

load(":image_credentials.bzl", "credentials_error")
load(":oci_names.bzl", "oci_names")

visibility(["//rules/...", "//tests/rules/..."])

def _describe(module):
    return "module '%s'" % module.name if module.name else "MODULE.bazel"

def _check(tag, module):
    """Fails if a tag is not valid."""
    where = "oci.pull of %s in %s" % (tag.name, _describe(module))
    error = credentials_error(tag.image)
    if error:
        fail("%s: `image` %s" % (where, error))
    if not oci_names.parse_repository(tag.image):
        fail("%s: invalid image '%s' (hint: such as registry.example.com/team/app, without tag or digest)" % (where, tag.image))
    if not tag.digest and not tag.tag:
        fail("%s: `digest` is missing (hint: set `digest`, or set `tag` to be told the digest)" % where)
    if tag.digest and not oci_names.is_digest(tag.digest):
        fail("%s: invalid digest '%s' (hint: sha256: and 64 hex digits)" % (where, tag.digest))
    for platform in tag.platforms:
        if not oci_names.parse_platform(platform):
            fail("%s: invalid platform '%s' (hint: such as linux/arm64 or linux/arm/v7)" % (where, platform))

def _settings(tag):
    return (tag.image, tag.digest or tag.tag, tag.platforms, tag.insecure)

def find_pulls(modules):
    """The images to pull. Those of the root module override others of their names.

    Args:
      modules: list of bazel_module, the root module first.

    Returns:
      A dict from a name to struct(tag, module).
    """
    found = {}
    for module in modules:
        for tag in module.tags.pull:
            _check(tag, module)
            other = found.get(tag.name)
            if other and not other.module.is_root and _settings(other.tag) != _settings(tag):
                fail("oci.pull: modules '%s' and '%s' pull different images as '%s' (hint: pull one as '%s' in the root module, which overrides both)" % (
                    other.module.name,
                    module.name,
                    tag.name,
                    tag.name,
                ))
            if other and other.module.is_root and module.is_root:
                fail("oci.pull: duplicate name '%s' in %s (hint: rename one)" % (tag.name, _describe(module)))
            if not other:
                found[tag.name] = struct(tag = tag, module = module)
    return found
