"""A package like those of Temurin, so that tests do not need Adoptium's site."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")

visibility("private")

def temurin_version(debian):
    """The version of Temurin's package for that of Debian's: `21.0.13.0.0+9-0` for `21.0.13+9-1~deb13u2`.

    Args:
      debian: string, version of Debian's openjdk packages.

    Returns:
      A string.
    """
    numbers, build = debian.split("-")[0].split("+")
    return "%s+%s-0" % (".".join((numbers.split(".") + ["0"] * 5)[:5]), build)

def _made_jre_impl(ctx):
    deb = ctx.actions.declare_file(ctx.label.name + ".deb")
    args = ctx.actions.args()
    args.add("--deb", ctx.file.deb)
    args.add("--java", ctx.attr.java)
    args.add("--version", ctx.attr.version)
    args.add("--architecture", ctx.attr.architecture)
    args.add("--output", deb)
    run_python_tool(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = [ctx.file.deb],
        outputs = [deb],
        mnemonic = "MadeTemurin",
        progress_message = "Making a package for %{label}",
    )
    return [DefaultInfo(files = depset([deb]))]

made_jre = rule(
    doc = "A package like those of Adoptium.",
    implementation = _made_jre_impl,
    attrs = {
        "architecture": attr.string(mandatory = True, doc = "Debian's name of the architecture."),
        "deb": attr.label(allow_single_file = [".deb"], mandatory = True, doc = "Debian's package openjdk-*-jre-headless."),
        "java": attr.string(mandatory = True, doc = "Java's version, such as `21`."),
        "version": attr.string(mandatory = True, doc = "Version of the package to make."),
        "_tool": python_tool_attr("//tests/temurin:repack"),
    },
)
