"""Tests of what the rules declare and refuse, without building anything."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@bazel_skylib//rules:write_file.bzl", "write_file")
load("//rules:deb.bzl", "PartsInfo", "deb_layer", "package_set")
load("//rules:distroless.bzl", "group", "ld_so_cache", "nsswitch", "passwd")
load("//rules:oci.bzl", "LayersInfo", "OciImageInfo", "OciIndexInfo", "oci_image", "oci_image_index", "oci_layer")

def _refusal_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.expect_failure(env, ctx.attr.message)
    return analysistest.end(env)

_refusal_test = analysistest.make(
    _refusal_test_impl,
    expect_failure = True,
    attrs = {"message": attr.string(mandatory = True, doc = "What the error says, a part of it.")},
)

def _one_layer_test_impl(ctx):
    env = analysistest.begin(ctx)
    image = analysistest.target_under_test(env)[OciImageInfo]
    asserts.equals(env, 1, len(image.layers), "neighbouring parts become one layer")
    asserts.equals(env, 2, len(image.layers[0].parts))
    reading = {
        action.mnemonic: [file.basename for file in action.inputs.to_list()]
        for action in analysistest.target_actions(env)
    }
    blob = image.layers[0].blob.basename
    asserts.false(env, blob in reading["OciImage"], "an image is described without its layers' bytes")
    asserts.true(env, blob in reading["OciLayout"])
    return analysistest.end(env)

_one_layer_test = analysistest.make(_one_layer_test_impl)

def _own_layer_test_impl(ctx):
    env = analysistest.begin(ctx)
    layers = analysistest.target_under_test(env)[LayersInfo].layers
    asserts.equals(
        env,
        ["large.tar.gz", "with_large.tar.gz"],
        [layer.blob.basename for layer in layers],
        "a large part is a layer below what is merged",
    )
    merging = [action for action in analysistest.target_actions(env) if action.mnemonic == "MergeLayer"]
    inputs = [file.basename for file in merging[0].inputs.to_list()]
    asserts.false(env, "large.tar.gz" in inputs, "it is not copied")
    asserts.true(env, "large.part.json" in inputs, "but its paths count")
    return analysistest.end(env)

_own_layer_test = analysistest.make(_own_layer_test_impl)

def _order_test_impl(ctx):
    env = analysistest.begin(ctx)
    image = analysistest.target_under_test(env)[OciImageInfo]
    asserts.equals(
        env,
        ["order.0.tar.gz", "plain.tar", "order.2.tar.gz"],
        [layer.blob.basename for layer in image.layers],
        "tars keep their order, and parts do not merge across them",
    )
    return analysistest.end(env)

_order_test = analysistest.make(_order_test_impl)

def _base_test_impl(ctx):
    env = analysistest.begin(ctx)
    image = analysistest.target_under_test(env)[OciImageInfo]
    asserts.equals(env, 2, len(image.layers), "the base's layer lies below")
    asserts.equals(env, "image.0.tar.gz", image.layers[0].blob.basename)
    merging = [action for action in analysistest.target_actions(env) if action.mnemonic == "MergeLayer"][0]
    read = [file.basename for file in merging.inputs.to_list()]
    asserts.true(env, "a.part.json" in read, "a layer's directories are those of the layers below, where it has none of its own")
    asserts.false(env, "a.part.gz" in read)
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
    layouts = [action for action in analysistest.target_actions(env) if action.mnemonic == "OciLayout"]
    blobs = [file.basename for file in layouts[0].inputs.to_list() if file.basename.endswith(".tar.gz")]
    asserts.equals(env, ["image.0.tar.gz", "child.0.tar.gz"], blobs, "a shared layer is laid out once")
    return analysistest.end(env)

_index_test = analysistest.make(_index_test_impl)

def _set_test_impl(ctx):
    env = analysistest.begin(ctx)
    labels = [part.label for part in analysistest.target_under_test(env)[PartsInfo].parts]
    asserts.equals(env, ["//tests/rules:b", "//tests/rules:a"], labels, "a set keeps its order")
    return analysistest.end(env)

_set_test = analysistest.make(_set_test_impl)

def _ld_so_cache_test_impl(ctx):
    env = analysistest.begin(ctx)
    (action,) = [action for action in analysistest.target_actions(env) if action.mnemonic == "LdSoCache"]
    layers = [file.basename for file in action.inputs.to_list() if not file.basename.endswith((".py", ".so"))]
    for name in ["a.part.json", "b.part.json", "plain.tar"]:
        asserts.true(env, name in layers, name + " is looked at for libraries")
    asserts.equals(env, [], [name for name in layers if name.endswith(".gz")], "what has metadata is not read itself")
    asserts.equals(
        env,
        ["/usr/local/lib"],
        [action.argv[i + 1] for i in range(len(action.argv) - 1) if action.argv[i] == "--directory"],
    )
    return analysistest.end(env)

_ld_so_cache_test = analysistest.make(_ld_so_cache_test_impl)

# By the name of a target: the rule, entries, and what is said of them.
_BAD_ACCOUNTS = {
    "group_of_comma": (group, [dict(name = "x", gid = 0, users = ["a,b"])], 'entries[0].users[0]: "a,b" is no name'),
    "group_of_text": (group, [dict(name = "x", gid = 0, users = "a")], 'entries[0].users: "a" is no list'),
    "group_twice": (group, [dict(name = "x", gid = 0), dict(name = "x", gid = 1)], "entries[1].name: 'x' is there twice"),
    "group_without_gid": (group, [dict(name = "x")], "entries[0].gid: None is no whole number"),
    "user_minus": (passwd, [dict(username = "-x", uid = 0, gid = 0)], 'username: "-x" is no name'),
    "user_number": (passwd, [dict(username = "0", uid = 0, gid = 0)], 'username: "0" is no name'),
    "user_of_colon": (passwd, [dict(username = "x", uid = 0, gid = 0, home = "/:")], 'entries[0].home: "/:" is no text'),
    "user_of_text": (passwd, [dict(username = "x", uid = "x", gid = 0)], 'entries[0].uid: "x" is no whole number'),
    "user_space": (passwd, [dict(username = "a b", uid = 0, gid = 0)], 'username: "a b" is no name'),
    "user_too_large": (passwd, [dict(username = "x", uid = 4294967295, gid = 0)], "entries[0].uid: 4294967295 is no whole number"),
    "user_twice": (passwd, [dict(username = "x", uid = i, gid = i) for i in range(2)], "entries[1].username: 'x' is there twice"),
    "user_unknown": (passwd, [dict(username = "x", uid = 0, gid = 0, name = "x")], "unknown key 'name'"),
    "user_unnamed": (passwd, [dict(username = "", uid = 0, gid = 0)], 'username: "" is no name'),
}

def _fixtures():
    manual = {"tags": ["manual"]}
    for name, (rule, entries, _) in _BAD_ACCOUNTS.items():
        rule(name = name, entries = entries, **manual)
    passwd(name = "a", entries = [dict(username = name, uid = 0, gid = 0) for name in ["root", "toor"]], **manual)
    nsswitch(name = "b", **manual)
    package_set(name = "set", parts = ["b", "a"], **manual)
    oci_layer(name = "layer", parts = ["a", "b"], **manual)
    write_file(name = "plain", out = "plain.tar", content = [], **manual)
    write_file(name = "deb", out = "large.deb", content = [], **manual)
    deb_layer(name = "large", deb = "large.deb", own_layer = True, **manual)
    oci_layer(name = "with_large", parts = ["a", "large", "b"], **manual)
    native.filegroup(name = "two_files", srcs = ["plain.tar", "BUILD.bazel"], **manual)
    oci_layer(name = "no_parts", parts = [], **manual)
    oci_image(name = "image", os = "linux", architecture = "amd64", tars = ["a", "b"], **manual)
    oci_image(name = "order", os = "linux", architecture = "amd64", tars = ["a", "plain.tar", "b"], **manual)
    oci_image(name = "child", base = "image", tars = ["b"], **manual)
    oci_image(name = "no_platform", tars = ["a"], **manual)
    oci_image(name = "bad_base", base = "two_files", **manual)
    oci_image_index(name = "index", images = ["image", "child"], **manual)
    oci_image_index(name = "no_images", images = [], **manual)
    ld_so_cache(name = "cache", base = "order", parts = ["b", "layer"], directories = ["/usr/local/lib"], **manual)
    ld_so_cache(name = "no_libraries", **manual)

def analysis_test_suite(name):
    """Declares the tests and the targets they look at.

    Args:
      name: name of the suite.
    """
    _fixtures()
    refusals = {
        "bad_base": "has 2 files, and is no image",
        "no_images": "an index of no images",
        "no_libraries": "an ld.so.cache of no libraries",
        "no_parts": "a layer of no parts",
        "no_platform": "no base, and no platform",
    } | {name: message for name, (_, _, message) in _BAD_ACCOUNTS.items()}
    for target, message in refusals.items():
        _refusal_test(name = target + "_test", target_under_test = target, message = message)
    _one_layer_test(name = "image_test", target_under_test = "image")
    _order_test(name = "order_test", target_under_test = "order")
    _base_test(name = "child_test", target_under_test = "child")
    _zstd_test(name = "layer_test", target_under_test = "layer")
    _index_test(name = "index_test", target_under_test = "index")
    _ld_so_cache_test(name = "cache_test", target_under_test = "cache")
    _own_layer_test(name = "with_large_test", target_under_test = "with_large")
    _set_test(name = "set_test", target_under_test = "set")
    native.test_suite(
        name = name,
        tests = [target + "_test" for target in refusals.keys() + ["image", "order", "child", "layer", "index", "cache", "set", "with_large"]],
    )
