"""Which platforms of the matrix are built: the conditions behind --//:architectures."""

load("@bazel_skylib//lib:selects.bzl", "selects")
load(":architectures_flag.bzl", "DEFAULT")
load(":distributions.bzl", "ARCHITECTURES", "DISTRIBUTIONS")

visibility("//private/...")

def select_enabled(architecture, distribution, value, otherwise):
    """A select of `value` if the images of a platform are built, else of `otherwise`.

    Args:
      architecture: string, a key of ARCHITECTURES.
      distribution: string, a key of DISTRIBUTIONS.
      value: the value if they are built.
      otherwise: the value if they are not.

    Returns:
      A select.
    """
    return select({
        "//private:build_%s_%s" % (architecture, distribution): value,
        "//conditions:default": otherwise,
    })

def compatible_if_enabled(architecture, distribution):
    """The `target_compatible_with` of a target for one platform: `//...` skips it if its images are not built.

    Args:
      architecture: string, a key of ARCHITECTURES.
      distribution: string, a key of DISTRIBUTIONS.

    Returns:
      A select of a list of labels.
    """
    return select_enabled(architecture, distribution, [], ["//private:excluded_by_the_flag_architectures"])

# buildifier: disable=unnamed-macro
def architecture_settings():
    """Declares `build_<architecture>_<distribution>`, the condition that the images of a platform are built."""
    native.constraint_setting(name = "excluded")

    # No platform has it. Bazel prints its name if a target that the flag excludes is requested.
    native.constraint_value(
        name = "excluded_by_the_flag_architectures",
        constraint_setting = ":excluded",
    )
    for name in [DEFAULT] + ARCHITECTURES.keys():
        native.config_setting(
            name = "architecture_" + name,
            flag_values = {"//:architectures": name},
        )
    for distribution, spec in DISTRIBUTIONS.items():
        for architecture in spec.architectures:
            by_default = [] if architecture in spec.on_request else [":architecture_" + DEFAULT]
            selects.config_setting_group(
                name = "build_%s_%s" % (architecture, distribution),
                match_any = [":architecture_" + architecture] + by_default,
            )
