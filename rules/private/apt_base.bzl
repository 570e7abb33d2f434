"""What an install's base has, by architecture."""

load(":dpkg_status.bzl", "dpkg_status_file")
load(":platforms.bzl", "platform_label")

# Generated repositories load it.
visibility("public")

def _platform_impl(_, attr):
    return {"//command_line_option:platforms": [str(platform_label(attr.architecture))]}

_platform = transition(
    implementation = _platform_impl,
    inputs = [],
    outputs = ["//command_line_option:platforms"],
)

def _apt_base_status_impl(ctx):
    (status,) = ctx.attr.status[0][DefaultInfo].files.to_list()

    # Runfiles do not tell the files of different platforms apart.
    file = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = file, target_file = status)
    return [DefaultInfo(files = depset([file]))]

_apt_base_status = rule(
    doc = "The status file of a base for an architecture.",
    implementation = _apt_base_status_impl,
    attrs = {
        "architecture": attr.string(mandatory = True, doc = "OCI's name of the architecture."),
        "status": attr.label(mandatory = True, cfg = _platform, doc = "Makes the status file for the target platform."),
        "_allowlist_function_transition": attr.label(default = "@bazel_tools//tools/allowlists/function_transition_allowlist"),
    },
)

# buildifier: disable=unnamed-macro
def apt_base(base, architectures):
    """Declares `base_status_<architecture>`: dpkg's status file of the base's image for the architecture.

    Args:
      base: string, label of the image or index.
      architectures: list of OCI's names of architectures.
    """
    dpkg_status_file(
        name = "base_status",
        base = base,
        tags = ["manual"],
    )
    for architecture in architectures:
        _apt_base_status(
            name = "base_status_" + architecture,
            architecture = architecture,
            status = ":base_status",
            tags = ["manual"],
        )
