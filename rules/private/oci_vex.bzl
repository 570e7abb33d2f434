"""What is known of vulnerabilities that do not affect an image."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")

visibility([
    "//private",
    "//rules/...",
    "//tests/...",
])

VEX_ATTRS = {
    "_vex": python_tool_attr("//tools/vex"),
}

def describe_vex(ctx, name, spdx, statements, *, author, image_names = []):
    """Says which vulnerabilities do not affect an image, as OpenVEX. Statements that are not true of it are left out.

    Args:
      ctx: the rule's context. Its attributes include VEX_ATTRS.
      name: string, prefix of the file to make.
      spdx: File, the image's SBOM, of describe_sbom.
      statements: File, all statements, see docs/sbom.md.
      author: string, who says so.
      image_names: list of strings, repositories that the image is in, without the registry.

    Returns:
      File: the document. It is empty if no statement is true of the image.
    """
    document = ctx.actions.declare_file(name + ".openvex.json")
    args = ctx.actions.args()
    args.add("--spdx", spdx)
    args.add("--statements", statements)
    args.add("--author=" + author)
    args.add_all(image_names, before_each = "--image-name")
    args.add("--vex-out", document)
    run_python_tool(
        ctx,
        ctx.attr._vex,
        arguments = args,
        inputs = [spdx, statements],
        outputs = [document],
        mnemonic = "Vex",
        progress_message = "Listing vulnerabilities that do not affect %{label}",
    )
    return document
