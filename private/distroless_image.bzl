"""One declaration an image, expanded over distributions, architectures, users and debug."""

load("@bazel_skylib//rules:expand_template.bzl", "expand_template")
load("//rules:distroless.bzl", "ld_so_cache", "symlinks")
load("//rules:oci.bzl", "oci_image", "oci_image_index", "oci_layer")
load("//rules:structure_test.bzl", "structure_test")
load(":architecture_settings.bzl", "if_built", "only_if_built")
load(":distributions.bzl", "ARCHITECTURES", "DISTRIBUTIONS", "SOURCE", "USERS")
load(":image_level.bzl", "filled", _image_level = "image_level")

image_level = _image_level

# All variants of an image are tested here, the plain one of root everywhere.
_TESTED_WHOLE = "amd64"

def _target(image, distribution, *, architecture = "", debug = False, user = ""):
    """The name of a target: `{image}[_debug][_nonroot][_{arch}]_{distro}`."""
    return "".join([
        image,
        "_debug" if debug else "",
        user,
        "_" + architecture if architecture else "",
        "_" + distribution,
    ])

def _base_target(base, *args, **kwargs):
    """The label of a base's target: of `//static` it is `//static:static_amd64_debian12`, of `//base:base_nossl` likewise."""
    package, _, image = base.partition(":")
    return "%s:%s" % (package, _target(image or package.rsplit("/", 1)[-1], *args, **kwargs))

def _manual(condition):
    return ["manual"] if condition else []

def distroless_image(
        name,
        level,
        *,
        debug = None,
        base = None,
        architectures = None,
        vendor_only = [],
        tests_everywhere = False,
        tags = []):
    """Declares an image: for each distribution and architecture root and nonroot, plain and debug, and their indexes.

    Args:
      name: name of the image.
      level: what it adds to its base, an `image_level`.
      debug: what its debug images add to that, an `image_level`.
      base: the image it stands on, `//package` or `//package:image`; its debug images stand on that image's debug ones.
      architectures: dict from a distribution to its OCI architectures; by default all of both.
      vendor_only: architectures whose images need what only a vendor's own site has: they, and indexes with them, are
        left out of `//...`.
      tests_everywhere: whether all variants are tested on all architectures.
      tags: tags of all targets.
    """
    debug = debug or image_level()
    for distribution, names in (architectures or {key: value.architectures for key, value in DISTRIBUTIONS.items()}).items():
        for architecture in names:
            _platform(
                name,
                filled(level, distribution, architecture),
                filled(debug, distribution, architecture),
                base = base,
                distribution = distribution,
                architecture = architecture,
                tests_everywhere = tests_everywhere,
                tags = tags + _manual(architecture in vendor_only),
            )
        for is_debug in [False, True]:
            for user in USERS:
                variant = {"debug": is_debug, "user": user.suffix}
                images = []
                for architecture in names:
                    image = _target(name, distribution, architecture = architecture, **variant)
                    images += if_built(architecture, distribution, [image], [])
                oci_image_index(
                    name = _target(name, distribution, **variant),
                    images = images,
                    annotations = SOURCE,
                    tags = tags + _manual([each for each in names if each in vendor_only]),
                    visibility = ["//visibility:public"],
                )

def _platform(name, level, debug, *, base, distribution, architecture, tests_everywhere, tags):
    """Declares the layers, the images and the tests of one platform."""
    common = {"tags": tags, "target_compatible_with": only_if_built(architecture, distribution)}

    def layer(suffix, level, lower):
        target = _target(name + suffix, distribution, architecture = architecture)
        parts = level.parts
        if level.links:
            symlinks(name = target + "_links", links = level.links, **common)
            parts = parts + [target + "_links"]
        if level.ld_so_cache:
            ld_so_cache(name = target + "_ld_so_cache", base = lower, parts = parts, **common)
            parts = parts + [target + "_ld_so_cache"]
        if not parts:
            return []
        oci_layer(name = target, parts = parts, base = lower, visibility = ["//tests:__subpackages__"], **common)
        return [target]

    here = {"distribution": distribution, "architecture": architecture}
    tests = [
        _configs(_target(name + suffix, **here), each.tests, each.values, common)
        for suffix, each in (("", level), ("_debug", debug))
    ]
    plain_tests = _configs(_target(name + "_plain", **here), level.plain_tests, level.values, common)
    plain_layer = layer("_layer", level, _base_target(base, **here) if base else None)
    debug_layer = layer("_debug_layer", debug, _target(name, **here))
    for is_debug in [False, True]:
        levels = [level] + ([debug] if is_debug else [])
        for user in USERS:
            target = _target(name, debug = is_debug, user = user.suffix, **here)
            platform = {"base": _base_target(base, debug = is_debug, **here)} if base else {
                "architecture": architecture,
                "os": "linux",
                "variant": ARCHITECTURES[architecture].variant,
            }
            oci_image(
                name = target,
                tars = plain_layer + (debug_layer if is_debug else []),
                env = _joined_env([each.env for each in levels]),
                entrypoint = ([each.entrypoint for each in levels if each.entrypoint] or [None])[-1],
                user = str(user.uid),
                workdir = user.workdir,
                annotations = SOURCE | _joined([each.annotations for each in levels]),
                exceptions = [label for each in levels for label in each.exceptions],
                visibility = ["//visibility:public"],
                **(platform | common)
            )
            if tests_everywhere or architecture == _TESTED_WHOLE or not (is_debug or user.suffix):
                structure_test(
                    name = target + "_test",
                    image = target,
                    configs = tests[0] + (tests[1] if is_debug else plain_tests) +
                              ["//private/testdata:user%s.yaml" % user.suffix],
                    data = [label for each in levels for label in each.data],
                    visibility = ["//tests:__subpackages__"],
                    **common
                )

def _configs(prefix, labels, values, common):
    """The configs that `labels` stand for: of those that are templates (`*.yaml.in`), what is expanded."""
    configs = []
    for label in labels:
        if label.endswith(".in"):
            config = "%s.%s" % (prefix, label.rsplit("/", 1)[-1].removesuffix(".in"))
            expand_template(
                name = config + "_config",
                out = config,
                substitutions = {"{%s}" % key: value for key, value in values.items()},
                template = label,
                **common
            )
            label = config
        configs.append(label)
    return configs

def _joined_env(dicts):
    """Environments joined; `$PATH` in the PATH of one is that of those before, as it would be in a base's."""
    result = {}
    for each in dicts:
        for key, value in each.items():
            result[key] = value.replace("$" + key, result[key]) if key in result else value
    return result

def _joined(dicts):
    result = {}
    for each in dicts:
        result |= each
    return result
