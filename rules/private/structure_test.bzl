"""The rule `structure_test`."""

load("//tools/python:tool.bzl", "PythonToolInfo", "write_python_test")
load(":image_file.bzl", "only_image_file")

visibility("//rules/...")

def _structure_test_impl(ctx):
    layout = only_image_file(ctx, ctx.attr.image, ctx.files.image)
    arguments = ["--image", layout.short_path]
    for config in ctx.files.configs:
        arguments += ["--config", config.short_path]
    if ctx.attr.platform:
        arguments += ["--platform", ctx.attr.platform]
    providers = write_python_test(
        ctx,
        ctx.attr._tool,
        arguments = arguments,
        files = [layout] + ctx.files.configs + ctx.files.data,
        runfiles = [ctx.attr.image[DefaultInfo].default_runfiles],
    )

    # The tool has a sandbox of its own. Bazel's would hide /tmp, which a config may mount, and it maps a single user: commands
    # of a test that root runs could not be another user.
    return providers + [testing.ExecutionInfo({"no-sandbox": "1"})]

structure_test = rule(
    doc = """Tests an image with configs of container-structure-test, schemas 1.0.0 and 2.0.0, without a daemon.

Commands run in bubblewrap, and those of other architectures in qemu-user too. See docs/structure_test.md.

```
load("@distroless//rules:structure_test.bzl", "structure_test")

structure_test(
    name = "image_test",
    configs = ["image.yaml"],
    image = ":image",
)
```""",
    implementation = _structure_test_impl,
    attrs = {
        "configs": attr.label_list(
            allow_files = [".yaml", ".yml", ".json"],
            mandatory = True,
            doc = "Files with the tests.",
        ),
        "data": attr.label_list(
            allow_files = True,
            doc = "Further files, such as those that a config mounts.",
        ),
        "image": attr.label(
            allow_files = True,
            mandatory = True,
            doc = "An `oci_image`, an `oci_image_index` with `platform`, or one OCI image layout directory from elsewhere.",
        ),
        "platform": attr.string(doc = "Platform of the image in an index, such as `linux/arm64/v8`."),
        "_tool": attr.label(
            default = "//tools/structure_test",
            providers = [PythonToolInfo],
            doc = "The program that runs the tests. It is built for the platform of the test.",
        ),
    },
    test = True,
)
