"""The action behind all compilers."""

load("//tools/python:tool.bzl", "PythonToolInfo", "run_python_tool")
load(":programs.bzl", "ProgramInfo")

def compiler(name):
    """An attribute for a compiler.

    Args:
      name: a target of @examples_toolchains.

    Returns:
      An attribute.
    """
    return attr.label(default = "@examples_toolchains//:" + name, cfg = "exec", providers = [ProgramInfo])

COMPILE_ATTRS = {
    "_compile": attr.label(
        default = "//examples/toolchains/compile",
        cfg = "exec",
        providers = [PythonToolInfo],
    ),
}

def run_compiler(ctx, verb, program, *, arguments, inputs, output):
    """Registers an action that compiles.

    Args:
      ctx: the rule's context; its attributes include COMPILE_ATTRS.
      verb: the tool's verb, a string.
      program: the compiler's Target.
      arguments: Args of the verb.
      inputs: list of File.
      output: File.
    """
    info = program[ProgramInfo]
    common = ctx.actions.args()
    common.add(verb)
    common.add("--compiler", info.path)
    common.add("--package", info.package)

    # Another compiler, another action: Bazel does not see the program itself.
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
