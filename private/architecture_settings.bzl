"""What of the matrix is built: --//:architectures."""

load("@bazel_skylib//lib:selects.bzl", "selects")
load(":architectures_flag.bzl", "DEFAULT")
load(":distributions.bzl", "ARCHITECTURES", "DISTRIBUTIONS")

def if_built(architecture, distribution, value, otherwise):
    """A select of `value` where the images of a platform are to be built (--//:architectures).

    Args:
      architecture: a key of ARCHITECTURES.
      distribution: a key of DISTRIBUTIONS.
      value: what is chosen then.
      otherwise: what is chosen else.

    Returns:
      A select.
    """
    return select({
        "//private:build_%s_%s" % (architecture, distribution): value,
        "//conditions:default": otherwise,
    })

def only_if_built(architecture, distribution):
    """`target_compatible_with` of a target for one platform, so that `//...` passes it over where it is not built."""
    return if_built(architecture, distribution, [], ["//private:left_out_by_the_flag_architectures"])

# buildifier: disable=unnamed-macro
def architecture_settings():
    """Declares `build_<architecture>_<distribution>`, which holds if these images are to be built."""
    native.constraint_setting(name = "built")

    # No platform has it. Bazel names it, where one asks for what the flag leaves out.
    native.constraint_value(
        name = "left_out_by_the_flag_architectures",
        constraint_setting = ":built",
    )
    for name in [DEFAULT] + ARCHITECTURES.keys():
        native.config_setting(
            name = "architecture_" + name,
            flag_values = {"//:architectures": name},
        )
    for distribution, release in DISTRIBUTIONS.items():
        for architecture in release.architectures:
            by_default = [] if architecture in release.on_request else [":architecture_" + DEFAULT]
            selects.config_setting_group(
                name = "build_%s_%s" % (architecture, distribution),
                match_any = [":architecture_" + architecture] + by_default,
            )
