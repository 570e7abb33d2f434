"""The rule `wheel`: an unpacked wheel as a library."""

load("@rules_python//python:defs.bzl", "PyInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")

visibility("//rules/private")

def _wheel_impl(ctx):
    directory = ctx.actions.declare_directory("site-packages")
    args = ctx.actions.args()
    args.add("--wheel", ctx.file.wheel)
    args.add_all("--directory-out", [directory], expand_directories = False)
    run_python_tool(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = [ctx.file.wheel],
        outputs = [directory],
        mnemonic = "Wheel",
        progress_message = "Unpacking wheel %{input}",
    )
    files = depset([directory])
    return [
        DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files)),
        PyInfo(
            imports = depset([directory.short_path.removeprefix("../")]),
            transitive_sources = files,
            uses_shared_libraries = True,
        ),
    ]

wheel = rule(
    doc = "Unpacks a wheel. Its scripts are left out.",
    implementation = _wheel_impl,
    attrs = {
        "wheel": attr.label(allow_single_file = [".whl"], mandatory = True, doc = "The wheel."),
        "_tool": python_tool_attr("//tools/wheel"),
    },
    provides = [PyInfo],
)
