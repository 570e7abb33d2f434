"""The checks of an image, see docs/checks.md."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":describe_image.bzl", "add_declarations")
load(":labels.bzl", "display_label")

visibility("//rules/...")

CHECK_ATTRS = {
    "check": attr.bool(
        default = True,
        doc = """Whether to check the image while it is built: that libraries are found, that no two packages own one path,
and more. docs/checks.md lists the checks.""",
    ),
    "waivers": attr.label_list(
        allow_files = [".json"],
        doc = "Files with findings of the checks to accept, and why. Images that have this one as their base inherit them.",
    ),
    "_check_image": python_tool_attr("//tools/check_image"),
}

def check_image(ctx, name, declarations, layers, base):
    """Checks an image by the metadata of its parts.

    It reads neither the image's config nor its layers, which are made at the same time, and runs again only if something changes
    that it checks.

    The report is an input of the actions that ship the image. It is not a validation output: Bazel would then check all
    images that a base refers to, and so build those of an index for all platforms.

    Args:
      ctx: the rule's context. Its attributes include CHECK_ATTRS.
      name: string, prefix of the file to make.
      declarations: list, what the image and those below it declare, see OciImageInfo.
      layers: list of LayerInfo, all layers of the image, bottom to top.
      base: OciImageInfo of its base, or None.

    Returns:
      File: the report. It is written only if nothing was found.
    """
    report = ctx.actions.declare_file(name + ".check.json")
    base_waivers = base.waivers if base else depset()
    args = ctx.actions.args()
    inputs = add_declarations(args, declarations, file_options = ["cmd", "entrypoint", "env"])
    for layer in layers:
        args.add_all(layer.outlines, before_each = "--part")
    args.add_all(ctx.files.waivers, before_each = "--waiver")
    args.add_all(base_waivers, before_each = "--base-waiver")
    if [layer for layer in layers if not layer.parts]:
        args.add("--incomplete-metadata")
    args.add("--label", display_label(ctx.label))
    args.add("--report-out", report)
    run_python_tool(
        ctx,
        ctx.attr._check_image,
        arguments = args,
        inputs = depset(
            inputs + ctx.files.waivers,
            transitive = [base_waivers] + [layer.outlines for layer in layers],
        ),
        outputs = [report],
        mnemonic = "CheckImage",
        progress_message = "Checking image %{label}",
    )
    return report
