"""The target platform, as rules see it during analysis."""

load("//rules/providers:oci_platform_info.bzl", "OciPlatformInfo")
load(":architectures.bzl", "DEBIAN_ARCHITECTURES")
load(":platforms.bzl", "target_architecture")

visibility("//rules/...")

TARGET_PLATFORM_ATTRS = {
    "_target_platform": attr.label(
        default = "//rules/platforms:target",
        providers = [OciPlatformInfo],
        doc = "The target platform in OCI's terms.",
    ),
}

# Debian's arm with hard floats needs ARMv7, and that is what every registry has.
_VARIANTS = {each.oci: each.variant for name, each in DEBIAN_ARCHITECTURES.items() if name != "armel"}

def target_platform(ctx):
    """The target platform.

    Args:
      ctx: the rule's context. Its attributes include TARGET_PLATFORM_ATTRS.

    Returns:
      An OciPlatformInfo.
    """
    return ctx.attr._target_platform[OciPlatformInfo]

def default_variant(architecture):
    """The variant of images for an architecture, such as `v8` for `arm64`; an empty string if it has none."""
    return _VARIANTS.get(architecture, "")

def platform_text(platform):
    """A platform for people and tools: `linux/arm64/v8`.

    Args:
      platform: OciPlatformInfo or OciImageInfo.

    Returns:
      A string.
    """
    return "/".join([each for each in [platform.os, platform.architecture, platform.variant] if each])

def _oci_platform_impl(ctx):
    architecture = ctx.attr.architecture
    return [OciPlatformInfo(architecture = architecture, os = "linux", variant = default_variant(architecture))]

_oci_platform = rule(
    doc = "The platform that the target is configured for.",
    implementation = _oci_platform_impl,
    attrs = {"architecture": attr.string(doc = "OCI architecture, or an empty string if OCI has no name for it.")},
    provides = [OciPlatformInfo],
)

def declare_target_platform(name):
    """Declares a target with the OciPlatformInfo of the target platform.

    Args:
      name: string, name of the target.
    """
    _oci_platform(name = name, architecture = target_architecture())
