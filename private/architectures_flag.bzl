"""The flag --//:architectures."""

load(":distributions.bzl", "ARCHITECTURES")

visibility([
    "//",
    "//private",
])

# The value that stands for all architectures whose packages can be downloaded on this machine.
DEFAULT = "default"

def _architectures_flag_impl(ctx):
    for name in ctx.build_setting_value:
        if name != DEFAULT and name not in ARCHITECTURES:
            fail("--//:architectures: unknown architecture '%s' (hint: must be one of %s)" % (name, ", ".join(ARCHITECTURES)))
    return []

architectures_flag = rule(
    doc = "Which architectures to build images for: a list of OCI's names, or `default`.",
    implementation = _architectures_flag_impl,
    build_setting = config.string_list(flag = True),
)
