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

def compiler_args(ctx, verb, program, output):
    """Begins the arguments of an action that compiles.

    Args:
      ctx: the rule's context.
      verb: string, verb of the tool.
      program: Target of the compiler.
      output: File.

    Returns:
      Args, to which the caller adds those of the verb.
    """
    info = program[ProgramInfo]
    args = ctx.actions.args()
    args.add(verb)
    args.add("--compiler", info.path)
    args.add("--package", info.package)

    # Bazel does not see the compiler's file. With the version as a flag, another compiler is another action.
    args.add("--compiler-version", info.version)
    args.add("--output", output)
    return args

def run_compiler(ctx, *, arguments, inputs, output):
    """Registers an action that compiles.

    Args:
      ctx: the rule's context. Its attributes include COMPILE_ATTRS.
      arguments: Args, begun by compiler_args.
      inputs: list of File.
      output: File.
    """
    run_python_tool(
        ctx,
        ctx.attr._compile,
        arguments = arguments,
        inputs = inputs,
        outputs = [output],
        mnemonic = "Compile",
        progress_message = "Compiling %{label}",
        # A compiler would see more than its inputs.
        use_worker = False,
    )
