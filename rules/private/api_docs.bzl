"""Extracts the documentation of the public .bzl files."""

visibility("//rules")

def api_docs(name):
    """Declares what the API reference is made of: a ModuleInfo for each bzl_library above it in the package.

    Args:
      name: string, name of a filegroup of them in protocol buffers' text format, `<library>.doc.textproto`.
    """
    libraries = [library for library, attributes in native.existing_rules().items() if attributes["kind"] == "bzl_library"]
    for library in libraries:
        native.starlark_doc_extract(
            name = library + ".doc",
            src = library + ".bzl",
            tags = ["manual"],
            deps = [":" + library],
        )
    native.filegroup(
        name = name,
        srcs = [library + ".doc.textproto" for library in libraries],
        tags = ["manual"],
        visibility = [
            "//tests/docs:__pkg__",
            "//tools/api_reference:__pkg__",
        ],
    )
