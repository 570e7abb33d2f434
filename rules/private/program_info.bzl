"""The aspect that finds out how a program is started."""

load("@rules_python//python:defs.bzl", "PyInfo")

visibility("//rules/...")

ProgramInfo = provider(
    doc = "How a program is started, and which files it needs.",
    fields = {
        "classpath": "depset of File: jars, for Java. None for other languages.",
        "main": "File: the script that Python starts, or None.",
        "main_class": "string: the class that Java starts, empty for other languages.",
        "runfiles": "runfiles of its dependencies and data, for Java: they have no JDK. None for other languages.",
    },
)

def _python_main(rule):
    """The File of the module that a py_binary starts, or None."""
    if getattr(rule.file, "main", None):
        return rule.file.main
    sources = [file for file in rule.files.srcs if file.extension == "py"]
    for file in sources:
        if file.basename == rule.attr.name.split("/")[-1] + ".py":
            return file
    return sources[0] if len(sources) == 1 else None

def _java_main_class(rule):
    """The class that a java_binary starts: `main_class`, or else the source that is named like the target."""
    if getattr(rule.attr, "main_class", ""):
        return rule.attr.main_class
    for file in rule.files.srcs:
        path = file.short_path
        if path.endswith("/%s.java" % rule.attr.name) or path == rule.attr.name + ".java":
            for root in ["java/", "javatests/", "src/main/java/", "src/test/java/"]:
                _, found, rest = path.rpartition("/" + root) if ("/" + root) in path else path.partition(root)
                if found:
                    return rest.removesuffix(".java").replace("/", ".")
    return ""

def _classpath(target):
    """The jars that a java_binary needs at run time, or None."""

    # Bazel 7 has them. buildifier: disable=native-java-common
    runtime = java_common.JavaRuntimeClasspathInfo
    if runtime in target:
        return target[runtime].runtime_classpath

    # buildifier: disable=native-java-info
    return target[JavaInfo].transitive_runtime_jars if JavaInfo in target else None

def _program_aspect_impl(target, ctx):
    rule = ctx.rule
    classpath = _classpath(target)
    if classpath == None:
        main = _python_main(rule) if PyInfo in target and hasattr(rule.files, "srcs") else None
        return [ProgramInfo(classpath = None, main = main, main_class = "", runfiles = None)]
    needed = [
        dep
        for name in ["data", "deps", "runtime_deps"]
        for dep in getattr(rule.attr, name, None) or []
    ]
    return [ProgramInfo(
        classpath = classpath,
        main = None,
        main_class = _java_main_class(rule) if hasattr(rule.files, "srcs") else "",
        runfiles = ctx.runfiles(
            files = getattr(rule.files, "data", None) or [],
        ).merge_all([dep[DefaultInfo].default_runfiles for dep in needed]),
    )]

program_aspect = aspect(
    doc = "Finds out how the binary of a binary_layer is started.",
    implementation = _program_aspect_impl,
    provides = [ProgramInfo],
)
