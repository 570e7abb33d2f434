"""Tests of the macro `image`: its targets."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@bazel_skylib//rules:write_file.bzl", "write_file")
load("@rules_python//python:defs.bzl", "py_binary")
load("//rules:apps.bzl", "binary_layer")
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
    """The image and its test agree on how the program is started."""
    env = analysistest.begin(ctx)
    contents = [json.decode(action.content) for action in analysistest.target_actions(env) if action.mnemonic == "FileWrite"]
    (options,) = [each for each in contents if "exposed_ports" in each] or [None]
    (config,) = [each for each in contents if "metadataTest" in each] or [None]
    expected = {"cmd": ctx.attr.cmd, "entrypoint": ctx.attr.entrypoint}
    if options:
        asserts.equals(env, expected, {field: options[field] or [] for field in expected})
    if config:
        asserts.equals(env, expected, {field: config["metadataTest"].get(field, []) for field in expected})
        asserts.equals(env, ctx.attr.entrypoint or ctx.attr.cmd, [file["path"] for file in config["fileExistenceTests"]])
    asserts.true(env, options or config)
    return analysistest.end(env)

_entrypoint_test = analysistest.make(
    _entrypoint_test_impl,
    attrs = {"cmd": attr.string_list(), "entrypoint": attr.string_list()},
)

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
    write_file(name = "main_js", out = "main.js", **manual)
    binary_layer(name = "image_program_layers", binary = "image_program", path = "/opt/program", **manual)
    started = {
        "go": ("//tests/programs:go_server", {"entrypoint": ["/app/go_server"]}),
        "java": ("//tests/rules:java", {"cmd": ["/app/java.jar"]}),
        "js": ("main.js", {"cmd": ["/app/main.js"]}),
        "layers": ("image_program_layers", {"entrypoint": ["/opt/program"]}),
        "python": ("image_program", {"entrypoint": ["/app/image_program"]}),
    }
    for language, (binary, start) in started.items():
        target = "image_of_" + language
        image(name = target, binary = binary, packages = ["image_package"], testonly = True, **manual)
        _entrypoint_test(name = target + "_test_of_image", target_under_test = target, **start)
        _entrypoint_test(name = target + "_test_of_config", target_under_test = target + "_test_config", **start)
    image(name = "image_of_own_start", binary = "image_program", cmd = ["x"], packages = ["image_package"], **manual)
    _entrypoint_test(name = "image_of_own_start_test_of_image", target_under_test = "image_of_own_start", cmd = ["x"])
    _push_test(name = "image_push_test", target_under_test = "image_with_program_push")
    _single_test(name = "image_layers_test", target_under_test = "image_single")
    _several_test(name = "image_platforms_test", target_under_test = "image_several")
    _config_test(name = "image_default_config_test", target_under_test = "image_single_test_config")
    native.test_suite(name = name, tests = [
        "image_default_config_test",
        "image_of_own_start_test_of_image",
        "image_program_test",
        "image_push_test",
        "image_platforms_test",
        "image_layers_test",
    ] + ["image_of_%s_test_of_%s" % (language, what) for language in started for what in ["config", "image"]])
