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

def wheels_project(name, *, architectures, closure, install):
    """Declares the library of a project, with what it depends on.

    Args:
      name: string, normalized name of the project.
      architectures: list of strings, OCI architectures.
      closure: list of strings: the names of the project and of all that it depends on, also in cycles.
      install: string, name of the install.
    """
    native.alias(
        # No project's name begins with an underscore.
        name = "_wheel",
        actual = select_architecture(
            {architecture: "@%s_%s_%s//:wheel" % (install, name, architecture) for architecture in architectures},
            missing_architecture(
                "wheels.install '%s' is" % install,
                architectures,
                "add the architecture to its `architectures`",
            ),
        ),
        visibility = _PUBLIC,
    )
    py_library(
        name = name,
        visibility = _PUBLIC,
        deps = ["//%s:_wheel" % each for each in closure],
    )

def all_projects(name, *, projects):
    """Declares the library of all projects.

    Args:
      name: string, name of the repository.
      projects: list of strings, normalized names.
    """
    py_library(
        name = name,
        visibility = _PUBLIC,
        deps = ["//%s:_wheel" % project for project in projects],
    )
