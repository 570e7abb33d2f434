"""The flag --//:architectures."""

load(":distributions.bzl", "ARCHITECTURES")

# Its value by which all are built but those that a release has on request.
DEFAULT = "default"

def _architectures_flag_impl(ctx):
    for name in ctx.build_setting_value:
        if name != DEFAULT and name not in ARCHITECTURES:
            fail("--//:architectures: no architecture '%s' (hint: there are %s)" % (name, ", ".join(ARCHITECTURES.keys())))
    return []

architectures_flag = rule(
    doc = "Which architectures' images are built: a list of OCI's names, or `default`.",
    implementation = _architectures_flag_impl,
    build_setting = config.string_list(flag = True),
)
