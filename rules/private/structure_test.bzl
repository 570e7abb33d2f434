"""Tests of images: container-structure-test's configs, without a daemon."""

load("//tools/python:tool.bzl", "PythonToolInfo", "write_python_test")
load(":labels.bzl", "shown")

def _structure_test_impl(ctx):
    layouts = ctx.files.image
    if len(layouts) != 1:
        fail("%s: image %s has %d files (hint: an image is one directory, an OCI layout)" % (
            shown(ctx.label),
            shown(ctx.attr.image.label),
            len(layouts),
        ))
    arguments = ["--image", layouts[0].short_path]
    for config in ctx.files.configs:
        arguments += ["--config", config.short_path]
    if ctx.attr.platform:
        arguments += ["--platform", ctx.attr.platform]
    return write_python_test(
        ctx,
        ctx.attr._tool,
        arguments = arguments,
        files = layouts + ctx.files.configs + ctx.files.data,
        runfiles = [ctx.attr.image[DefaultInfo].default_runfiles],
    )

structure_test = rule(
    doc = """Tests an image by configs in container-structure-test's schemas 1.0.0 and 2.0.0.

Commands run in bubblewrap, those of foreign architectures through qemu-user; see docs/structure_test.md.""",
    implementation = _structure_test_impl,
    attrs = {
        "configs": attr.label_list(
            allow_files = [".yaml", ".yml", ".json"],
            mandatory = True,
            doc = "The tests.",
        ),
        "data": attr.label_list(allow_files = True, doc = "Further files, such as those that a config mounts."),
        "image": attr.label(
            allow_files = True,
            mandatory = True,
            doc = "An oci_image, an oci_image_index with `platform`, or one OCI layout directory from elsewhere.",
        ),
        "platform": attr.string(doc = "Which image of an index: `linux/arm64/v8`."),
        "_tool": attr.label(default = "//tools/structure_test", providers = [PythonToolInfo]),
    },
    test = True,
)
