"""The checks that each build of an image of packages runs; see docs/checks.md."""

load("//tools/python:tool.bzl", "PythonToolInfo", "run_python_tool")
load(":labels.bzl", "shown")

CHECK_ATTRS = {
    "check": attr.bool(
        default = True,
        doc = "Check images with packages: libraries are found, paths have one owner and the like. See docs/checks.md.",
    ),
    "exceptions": attr.label_list(
        allow_files = [".json"],
        doc = "What the checks let pass, with reasons; see docs/checks.md. Images on this one inherit them.",
    ),
    "_check_image": attr.label(
        default = "//tools/check_image",
        cfg = "exec",
        providers = [PythonToolInfo],
    ),
}

def check_image(ctx, name, image, base):
    """Checks an image by the metadata of its parts.

    Args:
      ctx: the rule's context; its attributes include CHECK_ATTRS.
      name: prefix of the file to make.
      image: the OciImageInfo to check.
      base: the OciImageInfo of its base, or None.

    Returns:
      File: the report, there if all is well; for the output group of validations.
    """
    report = ctx.actions.declare_file(name + ".check.json")
    parts = [part for layer in image.layers for part in layer.parts]
    args = ctx.actions.args()
    args.add("--config", image.config)
    args.add_all(parts, before_each = "--part")
    args.add_all(ctx.files.exceptions, before_each = "--waiver")
    args.add_all(base.exceptions if base else [], before_each = "--base-waiver")
    if image.layouts or [layer for layer in image.layers if not layer.parts]:
        args.add("--incomplete-metadata")
    args.add("--label", shown(ctx.label))
    args.add("--report-out", report)
    args.use_param_file("@%s")
    args.set_param_file_format("multiline")
    run_python_tool(
        ctx,
        ctx.attr._check_image,
        arguments = [args],
        inputs = [image.config] + parts + image.exceptions,
        outputs = [report],
        mnemonic = "CheckImage",
        progress_message = "Checking image %{label}",
    )
    return report
