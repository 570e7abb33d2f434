"""Images of Node.js from archives that are made here, so that tests do not need nodejs.org."""

load("//rules:nodejs.bzl", "node")
load("//rules:oci.bzl", "oci_image")
load("//rules:structure_test.bzl", "structure_test")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")

visibility("private")

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
        arguments = args,
        inputs = [],
        outputs = [archive],
        mnemonic = "MadeNodejs",
        progress_message = "Making an archive for %{label}",
    )
    return [DefaultInfo(files = depset([archive]))]

_made_archive = rule(
    doc = "An archive like those of nodejs.org, with a program that is an ELF file and does nothing.",
    implementation = _made_archive_impl,
    attrs = {
        "architecture": attr.string(mandatory = True, doc = "OCI's name of the architecture."),
        "top": attr.string(mandatory = True, doc = "Name of the directory in the archive."),
        "_tool": python_tool_attr("//tests/nodejs:make"),
    },
)

def made_nodejs(name, nodejs_architecture):
    """Declares an archive, its part, an image of it, and the test of the image, `<name>_test`.

    Args:
      name: string, OCI's name of the architecture.
      nodejs_architecture: string, nodejs.org's name of it.
    """
    top = "node-v%s-linux-%s" % (_VERSION, nodejs_architecture)
    _made_archive(
        name = name + "_archive",
        testonly = True,
        architecture = name,
        top = top,
    )
    node(
        name = name + "_part",
        testonly = True,
        architecture = name,
        archive = name + "_archive",
        strip_prefix = top,
        version = _VERSION,
    )
    oci_image(
        name = name,
        testonly = True,
        base = "//cc:cc_nonroot_%s_debian12" % name,
        entrypoint = ["/nodejs/bin/node"],
        tars = [name + "_part"],
    )
    structure_test(
        name = name + "_test",
        configs = ["testdata/made.yaml"],
        image = name,
    )
