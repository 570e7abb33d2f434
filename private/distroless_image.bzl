"""The macro `distroless_image`: one declaration of an image, for all distributions, architectures and users."""

load("//rules:oci.bzl", "oci_image", "oci_image_index", "oci_layer")
load("//rules:rootfs.bzl", "ld_so_cache", "symlinks")
load("//rules:structure_test.bzl", "structure_test")
load(":architecture_settings.bzl", "compatible_if_any_enabled", "compatible_if_enabled", "select_any_enabled", "select_enabled")
load(":catalog_entry.bzl", "catalog_entry")
load(":distributions.bzl", "ARCHITECTURES", "DISTRIBUTIONS", "USERS")
load(":golden_test.bzl", "golden_test")
load(":image_annotations.bzl", "base_reference", "image_annotations", "index_annotations")
load(":image_spec.bzl", "expand_spec", "join_env", _image_spec = "image_spec")
load(":release_entries.bzl", "release_entries")
load(":release_entry.bzl", "release_entry")
load(":test_configs.bzl", "test_configs")
load(":visibility.bzl", "IMAGES_AND_TESTS")

visibility(IMAGES_AND_TESTS)

image_spec = _image_spec

# All variants of an image are tested on this architecture; on the others, only the non-debug image of root is.
_FULLY_TESTED = "amd64"

def _target_name(image, distribution, *, architecture = "", debug = False, user = ""):
    """The name of a target: `{image}[_debug][_nonroot][_{architecture}]_{distribution}`."""
    return "".join([
        image,
        "_debug" if debug else "",
        user,
        "_" + architecture if architecture else "",
        "_" + distribution,
    ])

def _base_label(base, distribution, architecture, *, debug = False):
    """The label of a base's target: `//static:static_amd64_debian12` for `//static`, and for `//static:static` too."""
    package, _, image = base.partition(":")
    name = _target_name(image or package.rsplit("/", 1)[-1], distribution, architecture = architecture, debug = debug)
    return "%s:%s" % (package, name)

def distroless_image(
        name,
        *,
        spec,
        debug_spec = None,
        base = None,
        description = "",
        architectures = None,
        locks = [],
        repository = None,
        test_all_variants = False,
        golden_listings = True,
        tags = []):
    """Declares an image: for each distribution and architecture, for root and nonroot, with debug images and indexes.

    `<name>.releases` is what is released of it, for `//:release_plan`.

    Args:
      name: string, name of the image.
      spec: struct, made by `image_spec`: what the image adds to its base.
      debug_spec: struct, made by `image_spec`: what the debug images add to the image.
      base: string, `//package` or `//package:image`, the image underneath. Debug images have its debug images as base.
      description: string, what the image is for, a sentence for its annotations.
      architectures: dict from a distribution to a list of OCI architectures. By default all of all distributions.
      locks: list of strings, names of locks that `parts` of the specs come from, in addition to the distribution's. An image
        is left out if its packages cannot be downloaded on this machine.
      repository: string, name of the repositories that the image is released to, such as `static`; docs/releases.md
        has the names that are made of it. Without one, the image is not released.
      test_all_variants: bool, whether to test all variants on all architectures.
      golden_listings: bool, whether to compare what the image adds with listings in tests/golden.
      tags: list of strings, tags of all targets.
    """
    if not architectures:
        architectures = {distribution: release.architectures for distribution, release in DISTRIBUTIONS.items()}
    debug_spec = debug_spec or image_spec()
    entries = []
    for distribution, names in architectures.items():
        annotations = []
        for architecture in names:
            specs = [expand_spec(each, distribution, architecture) for each in [spec, debug_spec]]
            annotations.append({
                debug: image_annotations(name, specs, debug = debug, description = description, distribution = distribution)
                for debug in [False, True]
            })
            _platform_images(
                name,
                specs[0],
                specs[1],
                annotations = annotations[-1],
                base = base,
                distribution = distribution,
                architecture = architecture,
                locks = [distribution] + locks,
                test_all_variants = test_all_variants,
                tags = tags,
            )
        indexes = _indexes(
            name,
            distribution,
            names,
            annotations = {debug: index_annotations([each[debug] for each in annotations]) for debug in [False, True]},
            locks = [distribution] + locks,
            repository = repository,
            tags = tags,
        )
        entries += select_any_enabled(names, [distribution] + locks, [index + ".release" for index in indexes])
        architecture = _FULLY_TESTED if _FULLY_TESTED in names else names[0]
        for debug in [False, True]:
            _catalog(
                name,
                expand_spec(debug_spec if debug else spec, distribution, architecture),
                distribution = distribution,
                architecture = architecture,
                debug = debug,
                golden_listings = golden_listings,
                locks = [distribution] + locks,
                tags = tags,
            )
    if repository:
        release_entries(name = name + ".releases", entries = entries, tags = tags, visibility = ["//:__pkg__"])

def _indexes(name, distribution, architectures, *, annotations, locks, repository, tags):
    """Declares the indexes of an image on one distribution, and what is released of them. Returns the indexes' names."""
    indexes = []
    common = {"tags": tags, "target_compatible_with": compatible_if_any_enabled(architectures, locks)}
    for debug in [False, True]:
        for user in USERS:
            images = []
            for architecture in architectures:
                image = _target_name(name, distribution, architecture = architecture, debug = debug, user = user.suffix)
                images += select_enabled(architecture, locks, [image], [])
            index = _target_name(name, distribution, debug = debug, user = user.suffix)
            oci_image_index(
                name = index,
                images = images,
                annotations = annotations[debug],
                visibility = ["//visibility:public"],
                **common
            )
            if repository:
                release_entry(
                    name = index + ".release",
                    debug = debug,
                    distribution = distribution,
                    index = index,
                    nonroot = user.uid != 0,
                    repository = repository,
                    visibility = ["//tests:__subpackages__"],
                    **common
                )
            indexes.append(index)
    return indexes

def _layer_name(name, spec, distribution, architecture, *, debug):
    """The name of the target of what a spec adds, None if it adds nothing."""
    if not (spec.parts or spec.links or spec.ld_so_cache):
        return None
    return _target_name(name + ("_debug_layer" if debug else "_layer"), distribution, architecture = architecture)

def _catalog(name, spec, *, distribution, architecture, debug, golden_listings, locks, tags):
    """Declares the catalog entry of an image, or its debug image, and the test of its listing."""
    target = _target_name(name, distribution, debug = debug)
    layer = _layer_name(name, spec, distribution, architecture, debug = debug)
    common = {"tags": tags, "target_compatible_with": compatible_if_enabled(architecture, locks)}
    catalog_entry(
        name = target + ".catalog_entry",
        debug = debug,
        distribution = distribution,
        image = name,
        layer = layer,
        **common
    )
    if layer and golden_listings:
        golden_test(name = target + "_golden_test", entry = target + ".catalog_entry", **common)

def _layer(target, spec, base, common):
    """Declares the layer of what a spec adds, and returns a list of its name. It is empty if there is no `target`."""
    if not target:
        return []
    parts = spec.parts
    if spec.links:
        symlinks(name = target + "_links", links = spec.links, **common)
        parts = parts + [target + "_links"]
    if spec.ld_so_cache:
        ld_so_cache(name = target + "_ld_so_cache", base = base, parts = parts, **common)
        parts = parts + [target + "_ld_so_cache"]
    oci_layer(name = target, parts = parts, base = base, visibility = ["//tests:__subpackages__"], **common)
    return [target]

def _platform_images(name, spec, debug_spec, *, annotations, base, distribution, architecture, locks, test_all_variants, tags):
    """Declares the layers, the images and the tests of one platform."""
    common = {"tags": tags, "target_compatible_with": compatible_if_enabled(architecture, locks)}
    platform = {"distribution": distribution, "architecture": architecture}

    tests = test_configs(_target_name(name, **platform), spec.tests, spec.substitutions, common)
    non_debug_tests = test_configs(_target_name(name + "_non_debug", **platform), spec.non_debug_tests, spec.substitutions, common)
    debug_tests = test_configs(_target_name(name + "_debug", **platform), debug_spec.tests, debug_spec.substitutions, common)
    nonroot_tests = test_configs(_target_name(name + "_nonroot", **platform), spec.nonroot_tests, spec.substitutions, common)

    layer = _layer(
        _layer_name(name, spec, debug = False, **platform),
        spec,
        _base_label(base, **platform) if base else None,
        common,
    )
    debug_layer = _layer(
        _layer_name(name, debug_spec, debug = True, **platform),
        debug_spec,
        _target_name(name, **platform),
        common,
    )
    for debug in [False, True]:
        specs = [spec] + ([debug_spec] if debug else [])
        for user in USERS:
            target = _target_name(name, debug = debug, user = user.suffix, **platform)
            origin = {
                "base": _base_label(base, debug = debug, **platform),
                "base_name": base_reference(base, distribution, debug = debug),
            } if base else {
                "architecture": architecture,
                "os": "linux",
                "variant": ARCHITECTURES[architecture].variant,
            }
            oci_image(
                name = target,
                tars = layer + (debug_layer if debug else []),
                env = join_env([each.env for each in specs]),
                entrypoint = ([each.entrypoint for each in specs if each.entrypoint] or [None])[-1],
                user = str(user.uid),
                workdir = user.workdir,
                annotate_created = True,
                annotations = annotations[debug],
                waivers = [label for each in specs for label in each.waivers],
                visibility = ["//visibility:public"],
                **(origin | common)
            )
            if test_all_variants or architecture == _FULLY_TESTED or not (debug or user.suffix):
                structure_test(
                    name = target + "_test",
                    # An emulated JVM on a busy machine takes minutes for what takes seconds.
                    timeout = "long",
                    image = target,
                    configs = tests + (debug_tests if debug else non_debug_tests) +
                              (nonroot_tests if user.suffix else []) +
                              ["//private/testdata:user%s.yaml" % user.suffix],
                    data = [label for each in specs for label in each.data],
                    visibility = ["//tests:__subpackages__"],
                    **common
                )
