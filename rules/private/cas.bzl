"""The remote cache from which programs of `bazel run` get layers that Bazel did not download."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")

visibility(["//private/...", "//rules/..."])

CAS_ATTRS = {
    "_cas": attr.label(
        default = "//rules:cas",
        doc = "URL of the remote cache that has the layers; empty if Bazel downloads them.",
    ),
    "_cas_credential_helper": attr.label(
        default = "//rules:cas_credential_helper",
        doc = "Program that has the headers for the cache.",
    ),
}

def cas_arguments(ctx):
    """The flags of tools/lib/cas/flags.py, or none.

    Args:
      ctx: the rule's context. Its attributes include CAS_ATTRS.

    Returns:
      A list of strings. If it is empty, the program needs the files of all layers.
    """
    url = ctx.attr._cas[BuildSettingInfo].value
    helper = ctx.attr._cas_credential_helper[BuildSettingInfo].value
    if not url:
        return []
    return ["--cas", url] + (["--cas-credential-helper", helper] if helper else [])

def in_cas(blob):
    """Whether a cache has a layer because an action made it: a source file and a download may be on this machine only."""
    return not blob.is_source
