"""The rule `release_entries`: what is released of several indexes."""

load(":release_entry_info.bzl", "ReleaseEntriesInfo")
load(":visibility.bzl", "IMAGES_AND_TESTS")

visibility(IMAGES_AND_TESTS)

def _release_entries_impl(ctx):
    entries = [entry for target in ctx.attr.entries for entry in target[ReleaseEntriesInfo].entries]
    return [DefaultInfo(), ReleaseEntriesInfo(entries = entries)]

release_entries = rule(
    doc = "What is released of several indexes. The macro `distroless_image` declares one for each image.",
    implementation = _release_entries_impl,
    attrs = {
        "entries": attr.label_list(
            mandatory = True,
            providers = [ReleaseEntriesInfo],
            doc = "Targets of `release_entry`. On a machine that cannot build any image of the declaration, there is none.",
        ),
    },
    provides = [ReleaseEntriesInfo],
)
