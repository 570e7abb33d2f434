"""One declaration an image, expanded over distributions, architectures, users and debug."""

load("//rules:oci.bzl", "oci_image", "oci_image_index", "oci_layer")
load("//rules:structure_test.bzl", "structure_test")
load(":distributions.bzl", "ARCHITECTURES", "DISTRIBUTIONS", "USERS")

def _target(image, *, distribution, architecture = "", debug = False, user = ""):
    """The name of a target: `{image}[_debug][_nonroot][_{arch}]_{distro}`."""
    return "".join([
        image,
        "_debug" if debug else "",
        user,
        "_" + architecture if architecture else "",
        "_" + distribution,
    ])

def _label(package, **kwargs):
    """The label of another image's target: `//static` to `//static:static_amd64_debian12`."""
    return "%s:%s" % (package, _target(package.rsplit("/", 1)[-1].removeprefix("//"), **kwargs))

def _filled(labels, distribution, architecture):
    return [label.format(
        distribution = distribution,
        architecture = architecture,
        debian_architecture = ARCHITECTURES[architecture].debian,
    ) for label in labels]

def _layer(name, *, level, base, distribution, architecture):
    """Declares one level's layer and returns its label in a list, or an empty list where the level adds nothing."""
    parts = _filled(level.parts, distribution, architecture)
    if level.packages:
        parts = ["@%s//:%s.%s" % (distribution, level.packages, ARCHITECTURES[architecture].debian)] + parts
    if not parts:
        return []
    oci_layer(
        name = name,
        parts = parts,
        base = base,
    )
    return [name]

def image_level(packages = None, parts = [], env = {}, entrypoint = None, tests = []):
    """What one level adds to an image.

    Args:
      packages: name of a package set of the distribution's lock.
      parts: labels of further parts; `{distribution}`, `{architecture}` and `{debian_architecture}` are filled in.
      env: environment that the level sets.
      entrypoint: entrypoint that the level sets.
      tests: configs of structure tests that hold from this level on.

    Returns:
      A struct, for `distroless_image`.
    """
    return struct(packages = packages, parts = parts, env = env, entrypoint = entrypoint, tests = tests)

def distroless_image(name, level, *, debug = None, base = None, architectures = None, tests_everywhere = False, annotations = {}):
    """Declares an image: for each distribution and architecture root and nonroot, plain and debug, and their indexes.

    Args:
      name: name of the image, which is its package's too.
      level: what it adds to its base, an `image_level`.
      debug: what its debug images add to that, an `image_level`.
      base: package of the image it stands on, such as `//static`; its debug images stand on that image's debug ones.
      architectures: dict from a distribution to its OCI architectures; by default all of both.
      tests_everywhere: whether all variants are tested on all architectures, and not on amd64 alone.
      annotations: annotations of manifests and indexes.
    """
    debug = debug or image_level()
    for distribution, names in (architectures or {key: value.architectures for key, value in DISTRIBUTIONS.items()}).items():
        for architecture in names:
            here = {"distribution": distribution, "architecture": architecture}
            plain = _layer(_target(name + "_layer", **here), level = level, base = _label(base, **here) if base else None, **here)
            extra = _layer(_target(name + "_debug_layer", **here), level = debug, base = ":" + _target(name, **here), **here)
            for user in USERS:
                for is_debug in [False, True]:
                    _image(
                        name,
                        plain + (extra if is_debug else []),
                        levels = [level] + ([debug] if is_debug else []),
                        user = user,
                        is_debug = is_debug,
                        base = base,
                        tested = tests_everywhere or architecture == "amd64",
                        annotations = annotations,
                        **here
                    )
        for user in USERS:
            for is_debug in [False, True]:
                oci_image_index(
                    name = _target(name, distribution = distribution, debug = is_debug, user = user.suffix),
                    images = [
                        _target(name, distribution = distribution, architecture = architecture, debug = is_debug, user = user.suffix)
                        for architecture in names
                    ],
                    annotations = annotations,
                    visibility = ["//visibility:public"],
                )

def _image(name, layers, *, levels, user, is_debug, base, tested, annotations, distribution, architecture):
    """Declares one image for one platform, and its test."""
    target = _target(name, distribution = distribution, architecture = architecture, debug = is_debug, user = user.suffix)
    env = {}
    entrypoint = None
    for level in levels:
        env |= level.env
        entrypoint = level.entrypoint or entrypoint
    platform = {"base": _label(base, distribution = distribution, architecture = architecture, debug = is_debug)} if base else {
        "architecture": architecture,
        "os": "linux",
        "variant": ARCHITECTURES[architecture].variant,
    }
    oci_image(
        name = target,
        tars = layers,
        env = env,
        entrypoint = entrypoint,
        user = str(user.uid),
        workdir = user.workdir,
        annotations = annotations,
        visibility = ["//visibility:public"],
        **platform
    )
    configs = _filled([config for level in levels for config in level.tests], distribution, architecture)
    if tested and configs:
        structure_test(
            name = target + "_test",
            image = target,
            configs = configs + ["//private/testdata:user%s.yaml" % user.suffix],
        )
