"""Finds compilers on the PATH."""

# A target's name: the program, Debian's package of it, and how it tells where it really is: wrappers such as rustup's want
# a home of their own, which an action does not have.
_PROGRAMS = {
    "g++": struct(package = "g++", locate = None, version = ["--version"]),
    "gcc": struct(package = "gcc", locate = None, version = ["--version"]),
    "go": struct(package = "golang-go", locate = ["env", "GOROOT"], version = ["version"]),
    "javac": struct(package = "openjdk-17-jdk-headless or later", locate = None, version = ["-version"]),
    "rustc": struct(package = "rustc", locate = ["--print", "sysroot"], version = ["--version"]),
}

def _output(rctx, command):
    """What a program prints, without the line's end; empty if it fails."""
    result = rctx.execute(command)
    return (result.stdout.strip() or result.stderr.strip()) if result.return_code == 0 else ""

def _found(rctx, name, program):
    """Where a program is and which it is: a dict of `path` and `version`, empty where it does not run."""
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
        macro = repr(str(Label("//examples/toolchains/private:programs.bzl"))),
        programs = repr(programs),
    ))

programs_repository = repository_rule(
    doc = "A target for each compiler; one that is missing fails where it is used, and not before.",
    implementation = _programs_repository_impl,
    environ = ["PATH"],
    configure = True,
    local = True,
)
