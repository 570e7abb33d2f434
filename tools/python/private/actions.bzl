"""Actions that run a python_tool."""

load(":python_tool.bzl", "INTERPRETER_FLAGS")
load(":python_tool_info.bzl", "PythonToolInfo")

visibility("//tools/python")

def python_tool_attr(tool):
    """An attribute of a rule whose actions run a python_tool.

    Args:
      tool: string, absolute label of the python_tool.

    Returns:
      An attribute, which run_python_tool takes.
    """
    return attr.label(default = tool, cfg = "exec", providers = [PythonToolInfo], doc = "A program that actions run.")

def run_python_tool(ctx, tool, *, arguments, inputs, outputs, mnemonic, progress_message, use_worker = True, use_sandbox = True):
    """Registers an action that runs a python_tool.

    Args:
      ctx: the rule's context.
      tool: Target of the tool, of an attribute that python_tool_attr made.
      arguments: Args of this action, which become the lines of a file: so no value has a newline. Bazel takes a line `@name`
        for another file: a value that may begin with `@`, and is not a label, must be added as `--flag=value`.
      inputs: list or depset of File.
      outputs: list of File.
      mnemonic: string, the action's mnemonic.
      progress_message: string, the action's progress message.
      use_worker: bool, whether the action may run in a worker.
      use_sandbox: bool, whether the action may run in a sandbox of its own, which it does without a worker.
    """
    info = tool[PythonToolInfo]
    requirements = info.execution_requirements if use_worker else {}
    if not requirements and not use_sandbox:
        requirements = {"no-sandbox": "1"}
    start = ctx.actions.args()
    start.add_all(INTERPRETER_FLAGS)
    start.add(info.starter[0])

    # A worker is started with the arguments in front of the file, which must not depend on the tool.
    arguments.add(info.description)
    arguments.use_param_file("@%s", use_always = True)
    arguments.set_param_file_format("multiline")
    ctx.actions.run(
        executable = info.interpreter,
        arguments = [start, arguments],
        # The action's own inputs come first, because %{input} of the message is the first one.
        inputs = depset(transitive = [
            inputs if type(inputs) == "depset" else depset(inputs),
            info.action_inputs,
        ]),
        tools = info.starter,
        outputs = outputs,
        mnemonic = mnemonic,
        progress_message = progress_message,
        execution_requirements = requirements,
    )
