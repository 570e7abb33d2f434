"""Which platforms of the matrix are built.

They are those that the flag --//:architectures selects. By default, the flag selects all whose packages can be downloaded on
this machine.
"""

load("@bazel_skylib//lib:selects.bzl", "selects")
load("@unavailable_packages//:unavailable.bzl", "UNAVAILABLE")
load(":architectures_flag.bzl", "DEFAULT")
load(":distributions.bzl", "ARCHITECTURES", "DISTRIBUTIONS")
load(":visibility.bzl", "IMAGES_AND_TESTS")

visibility(IMAGES_AND_TESTS)

def _is_available(architecture, locks):
    """Whether the packages of locks for an architecture can be downloaded on this machine."""
    return not [lock for lock in locks if "%s/%s" % (lock, architecture) in UNAVAILABLE]

def _condition(architecture, locks):
    """The label of the condition that a platform is built: one that is not available is built on request."""
    prefix = "selected" if _is_available(architecture, locks) else "requested"
    return "//private:%s_%s" % (prefix, architecture)

def _incompatible(architecture, locks):
    """The label that Bazel prints if a target that is not built is requested."""
    if _is_available(architecture, locks):
        return "//private:excluded_by_the_flag_architectures"
    return "//private:excluded_because_packages_cannot_be_downloaded"

def available_architectures(distribution):
    """The architectures of a distribution whose packages can be downloaded on this machine.

    Args:
      distribution: string, a key of DISTRIBUTIONS.

    Returns:
      List of OCI's names.
    """
    return [name for name in DISTRIBUTIONS[distribution].architectures if _is_available(name, [distribution])]

def select_enabled(architecture, locks, value, otherwise):
    """A select of `value` if the images of a platform are built, else of `otherwise`.

    Args:
      architecture: string, a key of ARCHITECTURES.
      locks: list of strings, names of the locks whose packages are in the images, such as `debian13`.
      value: the value if they are built.
      otherwise: the value if they are not.

    Returns:
      A select.
    """
    return select({
        _condition(architecture, locks): value,
        "//conditions:default": otherwise,
    })

def compatible_if_enabled(architecture, locks):
    """The `target_compatible_with` of a target for one platform: `//...` skips it if its images are not built.

    Args:
      architecture: string, a key of ARCHITECTURES.
      locks: list of strings, as for `select_enabled`.

    Returns:
      A select of a list of labels.
    """
    return select_enabled(architecture, locks, [], [_incompatible(architecture, locks)])

def compatible_if_any_enabled(architectures, locks):
    """The `target_compatible_with` of a target for several platforms: `//...` skips it if none of them is built.

    Args:
      architectures: list of strings, keys of ARCHITECTURES.
      locks: list of strings, as for `select_enabled`.

    Returns:
      A select of a list of labels.
    """
    conditions = {_condition(name, locks): [] for name in architectures}
    reasons = {_incompatible(name, locks): None for name in architectures}
    return select(conditions | {"//conditions:default": reasons.keys()})

def select_any_enabled(architectures, locks, value):
    """A select of `value` if the images of any of several platforms are built, else of an empty list.

    Args:
      architectures: list of strings, keys of ARCHITECTURES.
      locks: list of strings, as for `select_enabled`.
      value: list, the value if any is built.

    Returns:
      A select.
    """
    return select({_condition(name, locks): value for name in architectures} | {"//conditions:default": []})

# buildifier: disable=unnamed-macro
def architecture_settings():
    """Declares the conditions.

    For each architecture, `requested_<architecture>` holds if the flag names it. `selected_<architecture>` also holds by
    default.
    """
    native.constraint_setting(name = "excluded")

    # No platform has them. Bazel prints their names.
    for reason in ["by_the_flag_architectures", "because_packages_cannot_be_downloaded"]:
        native.constraint_value(
            name = "excluded_" + reason,
            constraint_setting = ":excluded",
        )
    for name in [DEFAULT] + ARCHITECTURES.keys():
        native.config_setting(
            name = "requested_" + name,
            flag_values = {"//:architectures": name},
        )
    for name in ARCHITECTURES:
        selects.config_setting_group(
            name = "selected_" + name,
            match_any = [
                ":requested_" + name,
                ":requested_" + DEFAULT,
            ],
        )
