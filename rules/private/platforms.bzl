"""Platforms of images, by OCI's names of their architectures."""

load("@bazel_skylib//lib:selects.bzl", "selects")

visibility("//rules/...")

# By OCI's name of an architecture, names of constraints in @platforms//cpu. The first one defines the platform; a
# target platform with any of them has the architecture.
_CPUS = {
    "amd64": ["x86_64"],
    "arm": ["armv7", "aarch32"],
    "arm64": ["aarch64"],
    "ppc64le": ["ppc64le"],
    "riscv64": ["riscv64"],
    "s390x": ["s390x"],
}

def _condition(architecture):
    return Label("//rules/platforms:is_" + architecture)

def platform_label(architecture):
    """The platform of an architecture.

    Args:
      architecture: string, OCI's name of the architecture.

    Returns:
      A Label, or None if the architecture has no platform.
    """
    return Label("//rules/platforms:linux_" + architecture) if architecture in _CPUS else None

def missing_architecture(what, architectures, fix):
    """The error of a target that follows the platform, for a platform that it is not for.

    Args:
      what: string, what there is for `architectures` only, such as "package 'curl' is locked".
      architectures: iterable of OCI's names of architectures.
      fix: string, what makes the target be for others.

    Returns:
      A string.
    """
    architectures = sorted(architectures)
    buildable = [each for each in architectures if each in _CPUS] or architectures
    return "%s for %s only (hint: build for --platforms=@distroless//rules/platforms:linux_%s, or %s)" % (
        what,
        ", ".join(architectures),
        buildable[0],
        fix,
    )

def select_architecture(values, no_match_error):
    """Selects by the architecture of the target platform.

    The operating system does not matter: images are for Linux, also when they are built on a Mac for its own platform.

    Args:
      values: dict from OCI's name of an architecture to a value. Architectures that have no platform are left out.
      no_match_error: string, the error if no value is for the target platform's architecture.

    Returns:
      A select.
    """
    return select(
        {_condition(name): value for name, value in values.items() if name in _CPUS},
        no_match_error = no_match_error,
    )

def target_architecture():
    """OCI's name of the target platform's architecture.

    Returns:
      A select of strings, "" if the architecture has no platform here.
    """
    return select({_condition(name): name for name in _CPUS} | {"//conditions:default": ""})

# buildifier: disable=unnamed-macro
def declare_platforms():
    """Declares `linux_<architecture>`, a platform, and `is_<architecture>`, a condition for `select`."""
    for name, cpus in _CPUS.items():
        native.platform(
            name = "linux_" + name,
            constraint_values = [
                "@platforms//os:linux",
                "@platforms//cpu:" + cpus[0],
            ],
        )
        for cpu in cpus:
            native.config_setting(
                name = "is_" + cpu,
                constraint_values = ["@platforms//cpu:" + cpu],
            )
        if name not in cpus:
            selects.config_setting_group(
                name = "is_" + name,
                match_any = [":is_" + cpu for cpu in cpus],
            )
