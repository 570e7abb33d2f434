"""Tests of the layers of programs. Nothing is built."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@rules_python//python:defs.bzl", "py_binary", "py_library")
load("//rules:apps.bzl", "binary_layer")
load("//rules:oci.bzl", "LayersInfo", "oci_image")
load("//tests/toolchains:defs.bzl", "java_binary")
load(":failure_test.bzl", "failure_test")

visibility("private")

def _layer_actions(env):
    return [action for action in analysistest.target_actions(env) if action.mnemonic == "RunfilesLayer"]

def _names(action):
    return [file.basename for file in action.inputs.to_list()]

def _python_test_impl(ctx):
    env = analysistest.begin(ctx)
    layers = analysistest.target_under_test(env)[LayersInfo].layers
    asserts.equals(
        env,
        ["python_layers.deps.tar.gz", "python_layers.app.tar.gz"],
        [layer.blob.basename for layer in layers],
        "dependencies are below",
    )
    deps, app = _layer_actions(env)
    asserts.true(env, "runfiles.py" in _names(deps))
    asserts.true(env, "python_layers.launcher.py" in _names(app) and "failure_test.bzl" in _names(app))
    asserts.false(env, "runfiles.py" in _names(app), "a file is in one layer")
    asserts.false(env, "python" in _names(app), "Bazel's bootstrap is left out")
    (launcher,) = [action.content for action in analysistest.target_actions(env) if action.mnemonic == "FileWrite"]
    asserts.true(env, launcher.startswith("#!/usr/bin/python3\n"), launcher)
    asserts.true(env, '"_main/tests/rules/test_visibility.py"' in launcher, launcher)
    return analysistest.end(env)

_python_test = analysistest.make(_python_test_impl)

def _one_layer_test_impl(ctx):
    env = analysistest.begin(ctx)
    layers = analysistest.target_under_test(env)[LayersInfo].layers
    asserts.equals(env, 1, len(layers), "without dependencies there is one layer")
    return analysistest.end(env)

_one_layer_test = analysistest.make(_one_layer_test_impl)

def _java_test_impl(ctx):
    env = analysistest.begin(ctx)
    (manifest,) = [action for action in analysistest.target_actions(env) if action.mnemonic == "ManifestJar"]
    arguments = manifest.argv[manifest.argv.index("--main-class"):-1]
    asserts.equals(env, [
        "--main-class",
        "Inventory",
        "--class-path",
        "java.runfiles/_main/tests/rules/java.jar",
        "--class-path",
        "java.runfiles/_main/tests/programs/gson.jar",
    ], arguments)
    (layer,) = _layer_actions(env)
    for name in ["gson.jar", "java.jar", "java_layers.manifest.jar", "failure_test.bzl"]:
        asserts.true(env, name in _names(layer), name)
    return analysistest.end(env)

_java_test = analysistest.make(_java_test_impl)

def binary_layer_test_suite(name):
    """Declares the tests and the targets that they look at.

    Args:
      name: string, name of the suite.
    """
    tags = ["manual"]
    py_binary(
        name = "python",
        testonly = True,
        srcs = ["test_visibility.py"],
        main = "test_visibility.py",
        data = ["failure_test.bzl"],
        tags = tags,
        deps = ["@rules_python//python/runfiles"],
    )
    java_binary(
        name = "java",
        testonly = True,
        srcs = ["//examples/java:Inventory.java"],
        data = ["failure_test.bzl"],
        main_class = "Inventory",
        tags = tags,
        deps = ["//tests/programs:gson"],
    )
    py_library(name = "python_library", testonly = True, srcs = ["test_visibility.py"], tags = tags)
    for layer, attributes in {
        "go_layers": {"binary": "//tests/programs:go_server", "path": "/app/server"},
        "java_layers": {"binary": ":java"},
        "library_layers": {"binary": ":python_library"},
        "python_layers": {"binary": ":python"},
        "relative_layers": {"binary": ":python", "path": "app"},
        "several_layers": {"binary": ":several"},
    }.items():
        binary_layer(name = layer, tags = tags, testonly = True, **attributes)
    native.filegroup(name = "several", srcs = ["failure_test.bzl", "test_visibility.py"], tags = tags)
    oci_image(name = "program_not_in_tars", testonly = True, architecture = "amd64", program = ":go_layers", tags = tags)
    failures = {
        "library_layers": "//tests/rules:library_layers: //tests/rules:python_library is not a program (hint: ",
        "program_not_in_tars": "//tests/rules:program_not_in_tars: `program` is //tests/rules:go_layers, which is not in `tars` (hint: add it)",
        "relative_layers": "//tests/rules:relative_layers: invalid path 'app' (hint: write it like /app/server)",
        "several_layers": "//tests/rules:several_layers: //tests/rules:several is not a program (hint: ",
    }
    for target, message in failures.items():
        failure_test(name = target + "_test", message = message, target_under_test = ":" + target)
    _python_test(name = "python_layers_test", target_under_test = ":python_layers")
    _one_layer_test(name = "go_layers_test", target_under_test = ":go_layers")
    _java_test(name = "java_layers_test", target_under_test = ":java_layers")
    native.test_suite(
        name = name,
        tests = [target + "_test" for target in list(failures) + ["go_layers", "java_layers", "python_layers"]],
    )
