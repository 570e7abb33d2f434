"""Tests of the image rules: options of two forms in selects, output groups, indexes where an image is needed."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@bazel_skylib//rules:write_file.bzl", "write_file")
load("//rules:distroless.bzl", "ld_so_cache", "nsswitch")
load("//rules:oci.bzl", "oci_image", "oci_image_index")

_DEFAULT = "//conditions:default"

def _refusal_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.expect_failure(env, ctx.attr.message)
    return analysistest.end(env)

_refusal_test = analysistest.make(
    _refusal_test_impl,
    expect_failure = True,
    attrs = {"message": attr.string(mandatory = True)},
)

def _forms_test_impl(ctx):
    env = analysistest.begin(ctx)
    actions = analysistest.target_actions(env)
    (image,) = [action for action in actions if action.mnemonic == "OciImage"]
    files = [image.argv[i + 1].rpartition("/")[2] for i in range(len(image.argv)) if image.argv[i].endswith("-file")]
    asserts.equals(env, ctx.attr.files, files)
    (options,) = [action.content for action in actions if action.mnemonic == "FileWrite" and "\"env\"" in (action.content or "")]
    given = json.decode(options)
    asserts.equals(env, ctx.attr.env, dict(given["env"] or []))
    asserts.equals(env, ctx.attr.cmd, given["cmd"] or [])
    return analysistest.end(env)

_forms_test = analysistest.make(_forms_test_impl, attrs = {
    "cmd": attr.string_list(),
    "env": attr.string_dict(),
    "files": attr.string_list(doc = "Base names of the files of options, in the order of the tool's flags."),
})

def _tarball_test_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    groups = target[OutputGroupInfo]
    (tarball,) = groups.oci_tarball.to_list()
    (packing,) = [action for action in analysistest.target_actions(env) if tarball in action.outputs.to_list()]
    for layout in groups.oci_layout.to_list():
        asserts.true(env, layout in packing.inputs.to_list(), "it is made of the layout")
    asserts.false(env, tarball in target.files.to_list(), "it is made only where it is asked for")
    return analysistest.end(env)

_tarball_test = analysistest.make(_tarball_test_impl)

def _fixtures():
    manual = {"tags": ["manual"]}
    platform = {"os": "linux", "architecture": "amd64", "tags": ["manual"]}
    write_file(name = "kv", out = "kv.txt", content = ["K=V"], **manual)
    nsswitch(name = "some_file", **manual)
    oci_image(
        name = "forms_of_labels",
        env = select({_DEFAULT: "kv.txt"}),
        labels = select({Label(_DEFAULT): Label(":kv.txt")}),
        cmd = select({"@bazel_tools//src/conditions:windows": None, _DEFAULT: ":kv"}),
        **platform
    )
    oci_image(
        name = "forms_of_values",
        env = {"A": "1", "K": "V"},
        labels = {"K": "V"},
        cmd = ["a", "kv.txt"],
        **platform
    )
    oci_image(name = "plain_image", tars = ["some_file"], **platform)
    oci_image_index(name = "plain_index", images = ["plain_image"], **manual)
    oci_image(name = "index_as_base", base = "plain_index", **manual)
    oci_image_index(name = "index_in_index", images = ["plain_image", "plain_index"], **manual)
    ld_so_cache(name = "cache_of_index", base = "plain_index", **manual)

def oci_test_suite(name):
    """Declares the tests and the targets they look at.

    Args:
      name: name of the suite.
    """
    _fixtures()
    for target in ("index_as_base", "index_in_index", "cache_of_index"):
        _refusal_test(
            name = target + "_test",
            target_under_test = target,
            message = ("//tests/rules:%s: //tests/rules:plain_index is an index of images for several platforms, and one " +
                       "image is needed (hint: name the image of one platform, such as plain_image)") % target,
        )
    _forms_test(name = "forms_of_labels_test", target_under_test = "forms_of_labels", files = ["kv.txt"] * 3)
    _forms_test(name = "forms_of_values_test", target_under_test = "forms_of_values", env = {"A": "1", "K": "V"}, cmd = ["a", "kv.txt"])
    _tarball_test(name = "image_tarball_test", target_under_test = "plain_image")
    _tarball_test(name = "index_tarball_test", target_under_test = "plain_index")
    native.test_suite(
        name = name,
        tests = [target + "_test" for target in [
            "cache_of_index",
            "forms_of_labels",
            "forms_of_values",
            "image_tarball",
            "index_as_base",
            "index_in_index",
            "index_tarball",
        ]],
    )
