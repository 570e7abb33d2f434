"""Tests of the macro `image`: its targets."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@rules_python//python:defs.bzl", "py_binary")
load("//rules:image.bzl", "image")
load("//rules:oci.bzl", "OciImageInfo", "OciIndexInfo")
load("//rules:rootfs.bzl", "nsswitch")

visibility("private")

def _single_test_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    parts = [file.basename for layer in target[OciImageInfo].layers for file in layer.parts.to_list()]
    asserts.equals(env, ["image_package.part.json", "image_single_files.part.json", "image_single.ld_so_cache.part.json"], parts, "files are above the packages")
    return analysistest.end(env)

_single_test = analysistest.make(_single_test_impl)

def _several_test_impl(ctx):
    env = analysistest.begin(ctx)
    images = analysistest.target_under_test(env)[OciIndexInfo].images
    asserts.equals(env, ["arm64", "amd64"], [each.architecture for each in images], "in the order of `platforms`")
    asserts.equals(env, ["image_several_image"] * 2, [each.manifest.owner.name for each in images])
    return analysistest.end(env)

_several_test = analysistest.make(_several_test_impl)

def _config_test_impl(ctx):
    env = analysistest.begin(ctx)
    (content,) = [action.content for action in analysistest.target_actions(env) if action.mnemonic == "FileWrite"]
    config = json.decode(content)
    asserts.equals(env, {"cmd": ["-v"], "entrypoint": ["/etc/app.bzl"], "user": "1000"}, config["metadataTest"])
    asserts.equals(env, "/etc/app.bzl", config["fileExistenceTests"][0]["path"])
    return analysistest.end(env)

_config_test = analysistest.make(_config_test_impl)

def _program_test_impl(ctx):
    env = analysistest.begin(ctx)
    blobs = [layer.blob.basename for layer in analysistest.target_under_test(env)[OciImageInfo].layers]
    asserts.equals(env, "image_with_program_binary.app.tar.gz", blobs[-1], "the program is above the packages")
    return analysistest.end(env)

_program_test = analysistest.make(_program_test_impl)

def _entrypoint_test_impl(ctx):
    env = analysistest.begin(ctx)
    (content,) = [action.content for action in analysistest.target_actions(env) if action.mnemonic == "FileWrite"]
    asserts.equals(env, ["/app/image_program"], json.decode(content)["metadataTest"]["entrypoint"])
    return analysistest.end(env)

_entrypoint_test = analysistest.make(_entrypoint_test_impl)

def _push_test_impl(ctx):
    env = analysistest.begin(ctx)
    (text,) = [
        action.content
        for action in analysistest.target_actions(env)
        if action.mnemonic == "FileWrite" and "registry.example.com/program" in (action.content or "")
    ]
    asserts.true(env, '"--tag", "v1"' in text, text)
    return analysistest.end(env)

_push_test = analysistest.make(_push_test_impl)

def image_test_suite(name):
    """Declares the tests and the targets that they look at.

    Args:
      name: string, name of the suite.
    """
    manual = {"tags": ["manual"]}
    nsswitch(name = "image_package", **manual)
    options = {
        "cmd": ["-v"],
        "entrypoint": ["/etc/app.bzl"],
        "packages": ["image_package"],
        "user": "1000",
    } | manual
    image(name = "image_untested", packages = ["image_package"], **manual)
    image(name = "image_single", files = {"/etc/app.bzl": "image_tests.bzl"}, **options)
    image(
        name = "image_several",
        platforms = ["//rules/platforms:linux_arm64", "//rules/platforms:linux_amd64"],
        target_compatible_with = [],
        testonly = True,
        **options
    )
    py_binary(name = "image_program", srcs = ["test_visibility.py"], main = "test_visibility.py", **manual)
    image(
        name = "image_with_program",
        binary = "image_program",
        packages = ["image_package"],
        remote_tags = ["v1"],
        repository = "registry.example.com/program",
        **manual
    )
    _program_test(name = "image_program_test", target_under_test = "image_with_program")
    _entrypoint_test(name = "image_default_entrypoint_test", target_under_test = "image_with_program_test_config")
    _push_test(name = "image_push_test", target_under_test = "image_with_program_push")
    _single_test(name = "image_layers_test", target_under_test = "image_single")
    _several_test(name = "image_platforms_test", target_under_test = "image_several")
    _config_test(name = "image_default_config_test", target_under_test = "image_single_test_config")
    native.test_suite(name = name, tests = [
        "image_default_config_test",
        "image_default_entrypoint_test",
        "image_program_test",
        "image_push_test",
        "image_platforms_test",
        "image_layers_test",
    ])
