"""The macros of the repositories of wheels."""

load("@rules_python//python:defs.bzl", "py_library")
load(":platforms.bzl", "missing_architecture", "select_architecture")
load(":wheel.bzl", "wheel")

# Generated repositories load it.
visibility("public")

_PUBLIC = ["//visibility:public"]

# buildifier: disable=unnamed-macro
def wheel_package(wheel):
    """Declares `:wheel`, a library.

    Args:
      wheel: string, name of the file, or empty if the image does not need it.
    """
    if wheel:
        _wheel(name = "wheel", visibility = _PUBLIC, wheel = wheel)
    else:
        py_library(name = "wheel", visibility = _PUBLIC)

_wheel = wheel

def wheels_project(name, *, architectures, install, visibility, wheels):
    """Declares the library of a project, with what it depends on, or of all projects.

    Args:
      name: string, name of the target.
      architectures: list of strings, OCI architectures.
      install: string, name of the install, for errors.
      visibility: list of strings, of the library.
      wheels: list of strings: the prefixes of the repositories of the project and of all that it depends on, also in cycles.
    """
    py_library(
        name = name,
        visibility = visibility,
        deps = select_architecture(
            {
                architecture: ["@%s_%s//:wheel" % (wheel, architecture) for wheel in wheels]
                for architecture in architectures
            },
            missing_architecture(
                "wheels.install '%s' is" % install,
                architectures,
                "add the architecture to its `architectures`",
            ),
        ),
    )
