"""The `unavailable_packages` extension: which locked packages cannot be downloaded on this machine."""

# MODULE.bazel uses it.
visibility("private")

_VARIABLE = "DISTROLESS_UNAVAILABLE"

def _unavailable_packages_repository_impl(rctx):
    names = [name for name in rctx.getenv(_VARIABLE, "").split(",") if name]
    for name in names:
        if len([part for part in name.split("/") if part]) != 2:
            fail("%s: '%s' is not <lock>/<architecture> (hint: unset it, or set it to names such as debian13/s390x)" % (
                _VARIABLE,
                name,
            ))
    rctx.file("BUILD.bazel")
    rctx.file("unavailable.bzl", """\
"Names of what cannot be downloaded on this machine: `<lock>/<architecture>`."

UNAVAILABLE = {names}
""".format(names = repr(sorted(names))))

_unavailable_packages_repository = repository_rule(
    doc = "The value of the variable DISTROLESS_UNAVAILABLE, for macros to read.",
    implementation = _unavailable_packages_repository_impl,
    environ = [_VARIABLE],
)

def _unavailable_packages_impl(module_ctx):
    _unavailable_packages_repository(name = "unavailable_packages")
    return module_ctx.extension_metadata(reproducible = True)

unavailable_packages = module_extension(
    doc = """Declares @unavailable_packages with the locked packages that cannot be downloaded on this machine.

`bazelw` finds them out and sets DISTROLESS_UNAVAILABLE (docs/bazelw.md). Otherwise it is empty: images are built for all
architectures.""",
    implementation = _unavailable_packages_impl,
)
