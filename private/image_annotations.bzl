"""The annotations of images and indexes, image-spec 1.1, annotations.md.

What changes with every commit is not among them: an image has the same digest until its content changes. A release says the
commit, in its tags and in the provenance.
"""

load(":distributions.bzl", "DISTRIBUTIONS")
load(":release_settings.bzl", "REGISTRY", "SOURCE", "VENDOR")

visibility("private")

_PREFIX = "org.opencontainers.image."

def repository_name(image):
    """The name of an image's repositories, without the distribution: `java-base` for `java_base`.

    Args:
      image: string, name of the image.

    Returns:
      A string.
    """
    return image.replace("_", "-")

def base_reference(base, distribution, *, debug):
    """The reference of the image underneath, for the annotation base.name.

    Args:
      base: string, `//package` or `//package:image`.
      distribution: string, a key of DISTRIBUTIONS.
      debug: bool, whether it is the debug image.

    Returns:
      A string, `gcr.io/distroless/static-debian12:latest`.
    """
    image = base.rsplit("/", 1)[-1].rpartition(":")[2]
    return "%s/%s-%s:%s" % (REGISTRY, repository_name(image), distribution, "debug" if debug else "latest")

def image_annotations(image, specs, *, debug, description, distribution):
    """The annotations of an image.

    Args:
      image: string, name of the image.
      specs: list of structs, expanded specs: that of the image and that of its debug image.
      debug: bool, whether it is the debug image.
      description: string, a sentence, or empty.
      distribution: string, a key of DISTRIBUTIONS.

    Returns:
      A dict. Its `version` is that of the distribution unless a spec has one.
    """
    result = {
        _PREFIX + "source": SOURCE,
        _PREFIX + "title": repository_name(image),
        _PREFIX + "vendor": VENDOR,
        _PREFIX + "version": DISTRIBUTIONS[distribution].os_release["VERSION_ID"],
    }
    used = specs if debug else specs[:1]
    licenses = {license: None for spec in used for license in spec.licenses}
    if debug and licenses:
        licenses["GPL-2.0-only"] = None  # of busybox
    if licenses:
        result[_PREFIX + "licenses"] = " AND ".join(sorted(licenses))
    if description:
        result[_PREFIX + "description"] = description
    for spec in used:
        result |= spec.annotations
    return result

def index_annotations(images):
    """The annotations of an index: those that all its images have alike.

    Args:
      images: list of dicts, the annotations of the images.

    Returns:
      A dict.
    """
    return {
        key: value
        for key, value in images[0].items()
        if not [each for each in images if each.get(key) != value]
    }
