"""Tests of what the rules declare and refuse. Nothing is built."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@bazel_skylib//rules:write_file.bzl", "write_file")
load("//rules:deb.bzl", "PartsInfo", "deb", "deb_cc_library", "deb_files", "package_set")
load("//rules:oci.bzl", "LayersInfo", "OciImageInfo", "OciIndexInfo", "oci_image", "oci_image_index", "oci_layer")
load("//rules:rootfs.bzl", "ld_so_cache", "nsswitch", "passwd")
load("//rules/private:deb_file.bzl", "deb_file")
load(":failure_test.bzl", "failure_test", "failure_without_cpu_test")

visibility("private")

def _action(env, mnemonic):
    (action,) = [action for action in analysistest.target_actions(env) if action.mnemonic == mnemonic]
    return action

def _input_names(action):
    return [file.basename for file in action.inputs.to_list()]

def _one_layer_test_impl(ctx):
    env = analysistest.begin(ctx)
    image = analysistest.target_under_test(env)[OciImageInfo]
    asserts.equals(env, 1, len(image.layers), "neighbouring parts become one layer")
    asserts.equals(
        env,
        ["a.part.json", "b.part.json", "image.ld_so_cache.part.json"],
        [file.basename for file in image.layers[0].parts.to_list()],
    )
    blob = image.layers[0].blob.basename
    asserts.false(env, blob in _input_names(_action(env, "OciImage")), "an image is described without the bytes of its layers")
    asserts.true(env, blob in _input_names(_action(env, "OciLayout")))
    return analysistest.end(env)

_one_layer_test = analysistest.make(_one_layer_test_impl)

def _separate_layer_test_impl(ctx):
    env = analysistest.begin(ctx)
    layers = analysistest.target_under_test(env)[LayersInfo].layers
    asserts.equals(
        env,
        ["large.tar.gz", "with_large.tar.gz"],
        [layer.blob.basename for layer in layers],
        "a large part is a layer below the merged one",
    )
    inputs = _input_names(_action(env, "OciLayer"))
    asserts.false(env, "large.tar.gz" in inputs, "its bytes are not copied")
    asserts.true(env, "large.part.json" in inputs, "its paths must not conflict")
    return analysistest.end(env)

_separate_layer_test = analysistest.make(_separate_layer_test_impl)

def _order_test_impl(ctx):
    env = analysistest.begin(ctx)
    image = analysistest.target_under_test(env)[OciImageInfo]
    asserts.equals(
        env,
        ["order.0.tar.gz", "plain.tar", "order.2.tar.gz"],
        [layer.blob.basename for layer in image.layers],
        "tars keep their order, and parts are not merged across them",
    )
    check = _action(env, "CheckImage")
    asserts.true(env, "order.1.tar.outline.json" in _input_names(check), "a tar takes part in all checks")
    asserts.false(env, "--incomplete-metadata" in check.argv)
    asserts.true(
        env,
        "order.1.tar.outline.json" in [name for action in analysistest.target_actions(env) if action.mnemonic == "OciLayer" for name in _input_names(action)],
        "what is merged above a tar must not conflict with it",
    )
    return analysistest.end(env)

_order_test = analysistest.make(_order_test_impl)

def _base_test_impl(ctx):
    env = analysistest.begin(ctx)
    image = analysistest.target_under_test(env)[OciImageInfo]
    asserts.equals(env, ["image.0.tar.gz", "child.0.tar.gz"], [layer.blob.basename for layer in image.layers])
    inputs = _input_names(_action(env, "OciLayer"))
    asserts.true(env, "a.outline.json" in inputs, "directories and conflicts are found in the metadata of the base")
    asserts.false(env, "a.part.gz" in inputs)
    asserts.equals(
        env,
        ["child_waivers.json", "waivers.json"],
        sorted([file.basename for file in image.waivers.to_list()]),
        "waivers of the base are inherited",
    )
    argv = _action(env, "CheckImage").argv
    flags = {argv[i + 1].rpartition("/")[2]: argv[i] for i in range(len(argv) - 1) if argv[i].endswith("waiver")}
    asserts.equals(env, {"child_waivers.json": "--waiver", "waivers.json": "--base-waiver"}, flags)
    return analysistest.end(env)

_base_test = analysistest.make(_base_test_impl)

def _zstd_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(env, "layer.tar.zst", analysistest.target_under_test(env)[LayersInfo].layers[0].blob.basename)
    return analysistest.end(env)

_zstd_test = analysistest.make(_zstd_test_impl, config_settings = {str(Label("//rules:compression")): "zstd"})

def _index_test_impl(ctx):
    env = analysistest.begin(ctx)
    index = analysistest.target_under_test(env)[OciIndexInfo]
    asserts.equals(env, 2, len(index.images))
    blobs = [name for name in _input_names(_action(env, "OciLayout")) if name.endswith(".tar.gz")]
    asserts.equals(env, ["image.0.tar.gz", "child.0.tar.gz"], blobs, "a shared layer is written once")
    return analysistest.end(env)

_index_test = analysistest.make(_index_test_impl)

def _set_test_impl(ctx):
    env = analysistest.begin(ctx)
    labels = [part.label for part in analysistest.target_under_test(env)[PartsInfo].parts.to_list()]
    asserts.equals(env, ["//tests/rules:b", "//tests/rules:a"], labels, "a set keeps its order, without duplicates")
    return analysistest.end(env)

_set_test = analysistest.make(_set_test_impl)

def _ld_so_cache_test_impl(ctx):
    env = analysistest.begin(ctx)
    action = _action(env, "LdSoCache")
    inputs = [name for name in _input_names(action) if not name.endswith((".py", ".so"))]
    for name in ["a.outline.json", "b.outline.json", "order.1.tar.outline.json"]:
        asserts.true(env, name in inputs, name + " is searched for libraries")
    bytes = [name for name in inputs if name.endswith((".gz", ".tar"))]
    asserts.equals(env, [], bytes, "bytes are read only if there is no metadata")
    asserts.equals(
        env,
        ["/usr/local/lib"],
        [action.argv[i + 1] for i in range(len(action.argv) - 1) if action.argv[i] == "--directory"],
    )
    return analysistest.end(env)

_ld_so_cache_test = analysistest.make(_ld_so_cache_test_impl)

# buildifier: disable=native-cc-info
def _cc_library_test_impl(ctx):
    env = analysistest.begin(ctx)
    info = analysistest.target_under_test(env)[CcInfo]
    (headers,) = info.compilation_context.headers.to_list()
    asserts.true(env, headers.is_directory)
    asserts.equals(
        env,
        ["include", "include/x86_64-linux-gnu", "pkgconfig"],
        [path.removeprefix(headers.path + "/") for path in info.compilation_context.system_includes.to_list()],
    )
    (linked,) = info.linking_context.linker_inputs.to_list()
    script = linked.user_link_flags[-1]
    asserts.true(env, script in [file.path for file in linked.additional_inputs], "the script is an input of linking")
    asserts.true(env, "-L%s/lib" % headers.path in linked.user_link_flags)
    argv = _action(env, "DebCcLibrary").argv
    limits = [(argv[at + 1].rpartition("/")[2], argv[at + 2]) for at, each in enumerate(argv) if each == "--max-size"]
    asserts.equals(env, [("large.deb", str(5 << 20)), ("other.deb", str(7 << 20))], limits)
    return analysistest.end(env)

_cc_library_test = analysistest.make(_cc_library_test_impl)

def _deb_files_test_impl(ctx):
    env = analysistest.begin(ctx)
    action = _action(env, "DebFiles")
    asserts.equals(env, "control", action.argv[action.argv.index("--content") + 1])
    at = action.argv.index("--max-size")
    asserts.true(env, action.argv[at + 1].endswith("/large.deb"))
    asserts.equals(env, str(3 << 20), action.argv[at + 2])
    asserts.true(env, "large.deb" in _input_names(action))
    return analysistest.end(env)

_deb_files_test = analysistest.make(_deb_files_test_impl)

def _fixtures():
    manual = {"tags": ["manual"]}
    passwd(name = "a", entries = [dict(username = name, uid = 0, gid = 0) for name in ["root", "toor"]], **manual)
    nsswitch(name = "b", **manual)
    package_set(name = "inner_set", parts = ["b"], **manual)
    package_set(name = "set", parts = ["inner_set", "a", "b"], **manual)
    oci_layer(name = "layer", parts = ["a", "b"], **manual)
    for name in ["plain.tar", "large.deb", "other.deb", "waivers.json", "child_waivers.json"]:
        write_file(name = name + "_file", out = name, content = [], **manual)
    deb(name = "large", deb = "large.deb", separate_layer = True, **manual)
    deb_file(name = "limited", deb = "large.deb", max_size_mib = 5, **manual)
    deb_cc_library(
        name = "cc_library",
        debs = [":limited", "other.deb"],
        max_size_mib = 7,
        triplet = "x86_64-linux-gnu",
        **manual
    )
    deb_files(name = "control_files", content = "control", deb = "large.deb", max_size_mib = 3, **manual)
    oci_layer(name = "with_large", parts = ["a", "large", "b"], **manual)
    native.filegroup(name = "two_files", srcs = ["plain.tar", "BUILD.bazel"], **manual)
    oci_layer(name = "no_parts", parts = [], **manual)
    oci_image(
        name = "image",
        os = "linux",
        architecture = "amd64",
        tars = ["a", "b"],
        waivers = ["waivers.json"],
        **manual
    )
    oci_image(name = "order", os = "linux", architecture = "amd64", tars = ["a", "plain.tar", "b"], **manual)
    oci_image(name = "child", base = "image", tars = ["b"], waivers = ["child_waivers.json"], **manual)
    native.platform(name = "no_cpu", constraint_values = ["@platforms//os:linux"], tags = ["manual"])
    oci_image(name = "no_platform", tars = ["a"], **manual)
    oci_image(name = "bad_base", base = "two_files", **manual)
    oci_image_index(name = "index", images = ["image", "child"], **manual)
    oci_image_index(name = "no_images", images = [], **manual)
    ld_so_cache(name = "cache", base = "order", parts = ["b", "layer"], directories = ["/usr/local/lib"], **manual)
    ld_so_cache(name = "no_libraries", **manual)

_FAILURES = {
    "bad_base": "//tests/rules:two_files is not an image: it has 2 files",
    "no_images": "//tests/rules:no_images: `images` is empty",
    "no_libraries": "//tests/rules:no_libraries: `base` and `parts` are empty",
    "no_parts": "//tests/rules:no_parts: `parts` is empty",
}

_TESTS = {
    "cache": _ld_so_cache_test,
    "cc_library": _cc_library_test,
    "child": _base_test,
    "control_files": _deb_files_test,
    "image": _one_layer_test,
    "index": _index_test,
    "layer": _zstd_test,
    "order": _order_test,
    "set": _set_test,
    "with_large": _separate_layer_test,
}

def analysis_test_suite(name):
    """Declares the tests and the targets that they look at.

    Args:
      name: string, name of the suite.
    """
    _fixtures()
    for target, message in _FAILURES.items():
        failure_test(name = target + "_test", target_under_test = target, message = message)
    failure_without_cpu_test(
        name = "no_platform_test",
        target_under_test = "no_platform",
        message = "//tests/rules:no_platform: the target platform has no OCI architecture (hint: set `base` or `architecture`",
    )
    for target, test in _TESTS.items():
        test(name = target + "_test", target_under_test = target)
    native.test_suite(name = name, tests = [target + "_test" for target in ["no_platform"] + _FAILURES.keys() + _TESTS.keys()])
