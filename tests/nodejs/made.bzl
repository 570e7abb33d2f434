"""Images of Node.js from archives that are made here, as nodejs.org's site is not needed for a test."""

load("//rules:nodejs.bzl", "node_layer")
load("//rules:oci.bzl", "oci_image")
load("//rules:structure_test.bzl", "structure_test")
load("//tools/python:tool.bzl", "PythonToolInfo", "run_python_tool")

_VERSION = "99.1.0"

def _made_archive_impl(ctx):
    archive = ctx.actions.declare_file(ctx.label.name + ".tar.gz")
    args = ctx.actions.args()
    args.add("--architecture", ctx.attr.architecture)
    args.add("--top", ctx.attr.top)
    args.add("--output", archive)
    run_python_tool(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = [],
        outputs = [archive],
        mnemonic = "MadeNodejs",
        progress_message = "Making an archive for %{label}",
    )
    return [DefaultInfo(files = depset([archive]))]

_made_archive = rule(
    doc = "An archive of the shape that nodejs.org's have, with a program that is an ELF file and does nothing.",
    implementation = _made_archive_impl,
    attrs = {
        "architecture": attr.string(mandatory = True, doc = "Debian's name."),
        "top": attr.string(mandatory = True, doc = "The directory in the archive."),
        "_tool": attr.label(default = ":make", cfg = "exec", providers = [PythonToolInfo]),
    },
)

def made_nodejs(name, debian_architecture, nodejs_architecture):
    """Declares an archive, its part, an image of it and the image's test, `<name>_test`.

    Args:
      name: OCI's name of the architecture.
      debian_architecture: Debian's.
      nodejs_architecture: nodejs.org's.
    """
    top = "node-v%s-linux-%s" % (_VERSION, nodejs_architecture)
    _made_archive(
        name = name + "_archive",
        testonly = True,
        architecture = debian_architecture,
        top = top,
    )
    node_layer(
        name = name + "_layer",
        testonly = True,
        architecture = debian_architecture,
        archive = name + "_archive",
        strip_prefix = top,
        version = _VERSION,
    )
    oci_image(
        name = name,
        testonly = True,
        base = "//cc:cc_nonroot_%s_debian12" % name,
        entrypoint = ["/nodejs/bin/node"],
        tars = [name + "_layer"],
    )
    structure_test(
        name = name + "_test",
        configs = ["testdata/made.yaml"],
        image = name,
    )
