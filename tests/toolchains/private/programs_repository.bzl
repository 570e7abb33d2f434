"""The repository rule of the machine's compilers, which are found on the PATH."""

visibility("//tests/toolchains")

# By the name of the target, which is that of the program: the Debian package, arguments that print the root of the
# installation, and arguments that print the version. Wrappers such as rustup's need a home directory, which an action
# does not have, so the program behind the wrapper is used.
_PROGRAMS = {
    "g++": struct(package = "g++", locate = None, version = ["--version"]),
    "gcc": struct(package = "gcc", locate = None, version = ["--version"]),
    "go": struct(package = "golang-go", locate = ["env", "GOROOT"], version = ["version"]),
    "javac": struct(package = "openjdk-17-jdk-headless or later", locate = None, version = ["-version"]),
    "rustc": struct(package = "rustc", locate = ["--print", "sysroot"], version = ["--version"]),
}

def _output(rctx, command):
    """What a program prints, without the end of the line, or an empty string if it fails."""
    result = rctx.execute(command)
    return (result.stdout.strip() or result.stderr.strip()) if result.return_code == 0 else ""

def _found(rctx, name, program):
    """A dict of the `path` and the `version` of a program. They are empty if it does not run."""
    path = rctx.which(name)
    if path and program.locate:
        home = _output(rctx, [path] + program.locate)
        path = rctx.path("%s/bin/%s" % (home, name)) if home else None
    version = _output(rctx, [path] + program.version) if path and path.exists else ""
    if not version:
        return {"path": "", "version": ""}
    rctx.watch(path)
    return {"path": str(path), "version": version.split("\n")[0]}

def _programs_repository_impl(rctx):
    programs = {
        name: {"package": program.package} | _found(rctx, name, program)
        for name, program in _PROGRAMS.items()
    }
    rctx.file("BUILD.bazel", """\
load({macro}, "programs")

programs({programs})
""".format(
        macro = repr(str(Label("//tests/toolchains/private:programs.bzl"))),
        programs = repr(programs),
    ))

programs_repository = repository_rule(
    doc = "A target for each compiler. A missing compiler is an error only of actions that need it.",
    implementation = _programs_repository_impl,
    environ = ["PATH"],
    configure = True,
    local = True,
)
