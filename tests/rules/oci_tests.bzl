"""Tests of the image rules: options in two forms, output groups, imported layouts, indexes where an image is needed."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts", "unittest")
load("@bazel_skylib//rules:write_file.bzl", "write_file")
load("//rules:oci.bzl", "OciImageInfo", "oci_image", "oci_image_index")
load("//rules:rootfs.bzl", "nsswitch")
load("//rules/private:default_ref.bzl", "default_ref")
load(":failure_test.bzl", "failure_test")
load(":symlinked_layout.bzl", "symlinked_layout")

visibility("private")

_DEFAULT = "//conditions:default"

def _forms_test_impl(ctx):
    env = analysistest.begin(ctx)
    actions = analysistest.target_actions(env)
    (image,) = [action for action in actions if action.mnemonic == "OciImage"]
    files = [image.argv[i + 2].rpartition("/")[2] for i in range(len(image.argv)) if image.argv[i].endswith("-file")]
    asserts.equals(env, ctx.attr.files, files)
    (options,) = [action.content for action in actions if action.mnemonic == "FileWrite" and "\"env\"" in (action.content or "")]
    values = json.decode(options)
    asserts.equals(env, ctx.attr.env, dict(values["env"] or []))
    asserts.equals(env, ctx.attr.cmd, values["cmd"] or [])
    return analysistest.end(env)

_forms_test = analysistest.make(_forms_test_impl, attrs = {
    "cmd": attr.string_list(doc = "Expected cmd of options.json."),
    "env": attr.string_dict(doc = "Expected env of options.json."),
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
    asserts.false(env, tarball in target.files.to_list(), "it is made only on request")
    return analysistest.end(env)

_tarball_test = analysistest.make(_tarball_test_impl)

def _directory_impl(ctx):
    directory = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run(
        executable = "/bin/false",
        outputs = [directory],
        mnemonic = "Directory",
        progress_message = "Making %{label}",
    )
    return [DefaultInfo(files = depset([directory]), runfiles = ctx.runfiles([ctx.file.blob]))]

_directory = rule(
    doc = "The shape of another rule set's image: a directory, and a file that its links point to. It cannot be built.",
    implementation = _directory_impl,
    attrs = {"blob": attr.label(allow_single_file = True, doc = "The file.")},
)

def _imported_test_impl(ctx):
    env = analysistest.begin(ctx)
    layers = analysistest.target_under_test(env)[OciImageInfo].layers
    asserts.equals(
        env,
        [(None, "foreign"), ("on_imported.0.tar.gz", None)],
        [(layer.blob and layer.blob.basename, layer.layout and layer.layout.basename) for layer in layers],
        "the layers of the base are one LayerInfo without a blob",
    )
    asserts.equals(env, ["kv.txt"], [file.basename for file in layers[0].layout_files.to_list()])
    actions = {action.mnemonic: action for action in analysistest.target_actions(env)}
    asserts.true(env, "--incomplete-metadata" in actions["CheckImage"].argv)
    argv = actions["OciLayout"].argv
    files = [argv[i + 1].rpartition("/")[2] for i in range(len(argv)) if argv[i] == "--layout-file"]
    asserts.equals(env, ["kv.txt", "foreign"], files)
    inputs = [file.basename for file in actions["OciLayout"].inputs.to_list()]
    for name in ["foreign", "kv.txt", "on_imported.0.tar.gz"]:
        asserts.true(env, name in inputs, name)
    return analysistest.end(env)

_imported_test = analysistest.make(_imported_test_impl)

def _cleared_test_impl(ctx):
    env = analysistest.begin(ctx)
    (options,) = [
        json.decode(action.content)
        for action in analysistest.target_actions(env)
        if action.mnemonic == "FileWrite" and "\"entrypoint\"" in (action.content or "")
    ]
    for option in ["cmd", "entrypoint"]:
        asserts.equals(env, [] if option == ctx.attr.option else None, options[option], option)
    return analysistest.end(env)

_cleared_test = analysistest.make(_cleared_test_impl, attrs = {
    "option": attr.string(doc = "The option that is an empty list; the other one is not given."),
})

def _ref_test_impl(ctx):
    env = analysistest.begin(ctx)
    (argv,) = [action.argv for action in analysistest.target_actions(env) if action.mnemonic == "OciLayout"]
    asserts.equals(env, [ctx.attr.ref], [argv[i + 1] for i in range(len(argv)) if argv[i] == "--ref"])
    return analysistest.end(env)

_ref_test = analysistest.make(_ref_test_impl, attrs = {
    "ref": attr.string(doc = "Expected name of the layout."),
})

def _default_ref_test_impl(ctx):
    env = unittest.begin(ctx)
    for (package, name), expected in {
        ("", "image"): "image:latest",
        ("", "_"): "image:latest",
        ("a.b/c", "d"): "a-b/c:d",
        ("app", "image"): "app:image",
        ("app", "x+y"): "app:x-y",
        ("cc", "cc_debian13"): "cc:debian13",
        ("java", "java_base_debian13"): "java:base_debian13",
        ("localhost/x", "y"): "localhost-x:y",
        ("services/App", "App"): "services/app:latest",
        ("services/app", "app" + "_" + "y" * 200): "services/app:" + "y" * 128,
        ("x__y", "x__y__Z"): "x_y:Z",
    }.items():
        asserts.equals(env, expected, default_ref(struct(package = package, name = name)))
    return unittest.end(env)

_default_ref_test = unittest.make(_default_ref_test_impl)

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
    oci_image_index(name = "index_in_index", images = ["plain_image", "plain_index"], **manual)
    _directory(name = "foreign", blob = "kv.txt", **manual)
    oci_image(name = "on_imported", base = "foreign", tars = ["some_file"], **manual)
    oci_image(name = "without_cmd", base = "plain_image", cmd = [], **manual)
    oci_image(name = "without_entrypoint", base = "plain_image", entrypoint = [], **manual)
    oci_image(name = "named_image", base = "plain_image", ref = "example.com/app:v1", **manual)
    symlinked_layout(name = "symlinked", image = "plain_image", **manual)
    oci_image(name = "on_symlinked", base = "symlinked", **manual)

def oci_test_suite(name):
    """Declares the tests and the targets that they look at.

    Args:
      name: string, name of the suite.
    """
    _fixtures()
    failure_test(
        name = "index_in_index_test",
        target_under_test = "index_in_index",
        message = "//tests/rules:index_in_index: //tests/rules:plain_index is an index of images for several platforms, but an " +
                  "image for one platform is needed (hint: name one, such as plain_image)",
    )
    _forms_test(name = "forms_of_labels_test", target_under_test = "forms_of_labels", files = ["kv.txt"] * 3)
    _forms_test(name = "forms_of_values_test", target_under_test = "forms_of_values", env = {"A": "1", "K": "V"}, cmd = ["a", "kv.txt"])
    _imported_test(name = "imported_test", target_under_test = "on_imported")
    _cleared_test(name = "without_cmd_test", target_under_test = "without_cmd", option = "cmd")
    _cleared_test(name = "without_entrypoint_test", target_under_test = "without_entrypoint", option = "entrypoint")
    _default_ref_test(name = "default_ref_test")
    _ref_test(name = "named_image_test", target_under_test = "named_image", ref = "example.com/app:v1")
    _ref_test(name = "plain_image_test", target_under_test = "plain_image", ref = "tests/rules:plain_image")
    _ref_test(name = "plain_index_test", target_under_test = "plain_index", ref = "tests/rules:plain_index")
    _tarball_test(name = "image_tarball_test", target_under_test = "plain_image")
    _tarball_test(name = "index_tarball_test", target_under_test = "plain_index")
    native.test_suite(
        name = name,
        tests = [target + "_test" for target in [
            "default_ref",
            "forms_of_labels",
            "forms_of_values",
            "image_tarball",
            "imported",
            "index_in_index",
            "index_tarball",
            "named_image",
            "plain_image",
            "plain_index",
            "without_cmd",
            "without_entrypoint",
        ]],
    )
