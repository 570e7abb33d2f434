"""The `python` extension: the interpreter of the machine, and packages from PyPI, locked by hash."""

load("//tools/python/private:repositories.bzl", "host_python", "pip_distribution", "pip_hub")
load(":requirements.bzl", "requirements")

# MODULE.bazel uses it.
visibility("private")

_LOCK = Label("//tools/python:requirements.txt")

def _python_impl(module_ctx):
    host_python(name = "distroless_python")
    distributions = requirements.parse(module_ctx.read(module_ctx.path(_LOCK)))
    for name, distribution in distributions.items():
        pip_distribution(
            name = "pip_" + name,
            distribution = name,
            requirement = distribution.requirement,
            deps = distribution.deps,
        )
    pip_hub(name = "pip", distributions = sorted(distributions))
    return module_ctx.extension_metadata(reproducible = True)

python = module_extension(
    doc = """Declares @distroless_python, the interpreter and its toolchain, and @pip, one target per distribution. A
distribution is downloaded when a target needs it.""",
    implementation = _python_impl,
)
