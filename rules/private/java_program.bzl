"""Programs in Java: a jar that names the class to start and the other jars."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":labels.bzl", "display_label")
load(":runfiles_layer.bzl", "runfiles_path")

visibility("//rules/...")

JAR_ATTRS = {
    "_manifest_jar": python_tool_attr("//tools/manifest_jar"),
}

def java_program(ctx, info, path):
    """What the layers of a java_binary have.

    Args:
      ctx: the context of binary_layer.
      info: ProgramInfo of the binary.
      path: string, absolute path of the program in the image; `.jar` is added to it.

    Returns:
      struct(files, runfiles, excluded), as for other programs.
    """
    main_class = ctx.attr.main_class or info.main_class
    if not main_class:
        fail("%s: the class to start is unknown (hint: set `main_class`)" % display_label(ctx.label))
    runfiles = path.split("/")[-1] + ".runfiles/"
    jar = ctx.actions.declare_file(ctx.label.name + ".manifest.jar")
    args = ctx.actions.args()
    args.add("--jar-out", jar)
    args.add("--main-class", main_class)
    jars = info.classpath.to_list()
    args.add_all([runfiles + runfiles_path(file.short_path, ctx.workspace_name) for file in jars], before_each = "--class-path")
    run_python_tool(
        ctx,
        ctx.attr._manifest_jar,
        arguments = args,
        inputs = [],
        outputs = [jar],
        mnemonic = "ManifestJar",
        progress_message = "Writing the manifest of %{label}",
    )
    return struct(
        excluded = [],
        files = [(path + ".jar", jar)],
        runfiles = ctx.runfiles(jars).merge(info.runfiles),
    )
