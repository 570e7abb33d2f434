"""The action of all rules that compile."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":programs.bzl", "ProgramInfo")

visibility("private")

def compiler_attr(name):
    """An attribute for a compiler.

    Args:
      name: string, a target of @test_toolchains.

    Returns:
      An attribute.
    """
    return attr.label(
        default = "@test_toolchains//:" + name,
        cfg = "exec",
        providers = [ProgramInfo],
        doc = "A compiler of the machine.",
    )

COMPILE_ATTRS = {
    "_compile": python_tool_attr("//tests/toolchains/compile"),
}

def run_compiler(ctx, verb, program, *, arguments, inputs, output):
    """Registers an action that compiles.

    Args:
      ctx: the rule's context. Its attributes include COMPILE_ATTRS.
      verb: string, verb of the tool.
      program: Target of the compiler.
      arguments: Args of the verb.
      inputs: list of File.
      output: File.
    """
    info = program[ProgramInfo]
    common = ctx.actions.args()
    common.add(verb)
    common.add("--compiler", info.path)
    common.add("--package", info.package)

    # Bazel does not see the compiler's file. With the version as a flag, another compiler is another action.
    common.add("--compiler-version", info.version)
    common.add("--output", output)
    run_python_tool(
        ctx,
        ctx.attr._compile,
        arguments = [common, arguments],
        inputs = inputs,
        outputs = [output],
        mnemonic = "Compile",
        progress_message = "Compiling %{label}",
    )
