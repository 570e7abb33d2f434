"""The rule `golden_test`: compares what an image adds with a listing that is committed in //tests/golden."""

load("//tools/python:tool.bzl", "PythonToolInfo", "write_python_test")
load(":catalog_entry_info.bzl", "CatalogEntryInfo")

visibility("private")

def _golden_test_impl(ctx):
    listing = ctx.attr.entry[CatalogEntryInfo].listing
    golden = ctx.files._golden
    return write_python_test(
        ctx,
        ctx.attr._compare,
        arguments = [golden[0].short_path.rpartition("/")[0], listing.short_path],
        files = golden + [listing],
    )

golden_test = rule(
    doc = """Compares the listing of an image with the file of the same name in tests/golden. `./knife golden` updates the files.

//tests/golden:update finds the entries by this rule's name.""",
    implementation = _golden_test_impl,
    attrs = {
        "entry": attr.label(providers = [CatalogEntryInfo], mandatory = True, doc = "A catalog_entry that has a listing."),
        "_compare": attr.label(
            default = "//tests/golden:compare",
            providers = [PythonToolInfo],
            doc = "The program that compares listings.",
        ),
        "_golden": attr.label(default = "//tests/golden:listings", doc = "The committed listings."),
    },
    test = True,
)
