"""Tests of the platforms of images: bases that are indexes, images without a base, indexes for several platforms."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//rules:oci.bzl", "OciImageInfo", "OciIndexInfo", "oci_image", "oci_image_index")
load("//rules:rootfs.bzl", "ld_so_cache")
load(":failure_test.bzl", "failure_on_s390x_test", "failure_test")

visibility("private")

def _img_image_impl(ctx):
    return [
        DefaultInfo(files = depset(ctx.files.documents)),
        OutputGroupInfo(
            oci_layout = depset([ctx.file.layout]),
            oci_tarball = ctx.attr.image[OutputGroupInfo].oci_tarball,
        ),
    ]

_img_image = rule(
    doc = "The shape of an image of rules_img: two files, and output groups with the layout.",
    implementation = _img_image_impl,
    attrs = {
        "documents": attr.label_list(allow_files = True, default = ["BUILD.bazel", "platform_tests.bzl"], doc = "The default outputs."),
        "image": attr.label(doc = "The image in its tarball."),
        "layout": attr.label(allow_single_file = True, doc = "A layout with links that lead to files that are not inputs."),
    },
)

def _platform_test_impl(ctx):
    env = analysistest.begin(ctx)
    image = analysistest.target_under_test(env)[OciImageInfo]
    asserts.equals(env, ctx.attr.platform, "/".join([image.os, image.architecture, image.variant]))
    if ctx.attr.base:
        asserts.equals(env, ctx.attr.base, str(image.layers[0].blob.owner.name))
    return analysistest.end(env)

_PLATFORM_TEST_ATTRS = {
    "base": attr.string(doc = "Name of the image that the first layer is of, or empty."),
    "platform": attr.string(doc = "Expected platform, with a slash after each field."),
}

def _platform_tests(architecture):
    return analysistest.make(_platform_test_impl, attrs = _PLATFORM_TEST_ATTRS, config_settings = {
        "//command_line_option:platforms": str(Label("//rules/platforms:linux_" + architecture)),
    })

_on_amd64_test = _platform_tests("amd64")
_on_arm64_test = _platform_tests("arm64")
_on_arm_test = _platform_tests("arm")

def _base_import_test_impl(ctx):
    env = analysistest.begin(ctx)
    (argv,) = [action.argv for action in analysistest.target_actions(env) if action.mnemonic == "OciImport"]
    asserts.equals(env, ["linux/arm64/v8"], [argv[i + 1] for i in range(len(argv)) if argv[i] == "--platform"])
    return analysistest.end(env)

_base_import_test = analysistest.make(_base_import_test_impl, config_settings = {
    "//command_line_option:platforms": str(Label("//rules/platforms:linux_arm64")),
})

def _built_platforms_test_impl(ctx):
    env = analysistest.begin(ctx)
    images = analysistest.target_under_test(env)[OciIndexInfo].images
    asserts.equals(env, ["amd64", "arm64"], [image.architecture for image in images])
    return analysistest.end(env)

_built_platforms_test = analysistest.make(_built_platforms_test_impl)

def _fixtures():
    manual = {"tags": ["manual"]}
    oci_image(name = "arm64_image", tars = ["some_file"], os = "linux", architecture = "arm64", **manual)
    oci_image_index(name = "two_images", images = ["plain_image", "arm64_image"], **manual)
    oci_image(name = "on_two_images", base = "two_images", **manual)
    oci_image(name = "on_one_image", base = "plain_image", **manual)
    oci_image(name = "no_base", tars = ["some_file"], **manual)
    oci_image_index(
        name = "built_for_platforms",
        images = ["no_base"],
        platforms = ["//rules/platforms:linux_amd64", "//rules/platforms:linux_arm64"],
        **manual
    )
    oci_image_index(
        name = "one_for_two_platforms",
        images = ["on_one_image"],
        platforms = ["//rules/platforms:linux_amd64", "//rules/platforms:linux_arm64"],
        **manual
    )
    _img_image(name = "img_image", image = "two_images", layout = "foreign", **manual)
    oci_image(name = "copy_of_img_image", base = "img_image", **manual)
    oci_image(name = "on_img_image", base = "img_image", tars = ["some_file"], **manual)
    oci_image(name = "base_and_platform", base = "plain_image", architecture = "amd64", **manual)
    ld_so_cache(name = "cache_of_index", base = "two_images", **manual)

def platform_test_suite(name):
    """Declares the tests and the targets that they look at. Some are on images of oci_tests.bzl.

    Args:
      name: string, name of the suite.
    """
    _fixtures()
    for target in ["on_two_images", "cache_of_index"]:
        failure_on_s390x_test(
            name = target + "_on_s390x_test",
            target_under_test = target,
            message = ("//tests/rules:%s: the base //tests/rules:two_images has no image for the target platform, linux/s390x: " +
                       "it has linux/amd64, linux/arm64 (hint: build with --platforms=@distroless//rules/platforms:linux_amd64, " +
                       "or name the image for one architecture as the base)") % target,
        )
    failure_test(
        name = "base_and_platform_test",
        target_under_test = "base_and_platform",
        message = "//tests/rules:base_and_platform: `architecture` is set, but an image has the platform of its base",
    )
    failure_test(
        name = "one_for_two_platforms_test",
        target_under_test = "one_for_two_platforms",
        message = "//tests/rules:one_for_two_platforms: //tests/rules:on_one_image is for linux/amd64 on two of `platforms`",
    )
    _on_amd64_test(name = "on_two_images_on_amd64_test", target_under_test = "on_two_images", platform = "linux/amd64/", base = "plain_image")
    _on_arm64_test(name = "on_two_images_on_arm64_test", target_under_test = "on_two_images", platform = "linux/arm64/", base = "arm64_image")
    _on_arm64_test(name = "on_one_image_on_arm64_test", target_under_test = "on_one_image", platform = "linux/amd64/")
    _on_arm64_test(name = "no_base_on_arm64_test", target_under_test = "no_base", platform = "linux/arm64/v8")
    _on_arm_test(name = "no_base_on_arm_test", target_under_test = "no_base", platform = "linux/arm/v7")
    for target in ["on_imported", "on_img_image"]:
        _base_import_test(name = target + "_for_platform_test", target_under_test = target)
    _built_platforms_test(name = "built_for_platforms_test", target_under_test = "built_for_platforms")
    native.test_suite(
        name = name,
        tests = [target + "_test" for target in [
            "base_and_platform",
            "built_for_platforms",
            "cache_of_index_on_s390x",
            "no_base_on_arm",
            "no_base_on_arm64",
            "on_img_image_for_platform",
            "on_imported_for_platform",
            "on_one_image_on_arm64",
            "on_two_images_on_amd64",
            "on_two_images_on_arm64",
            "on_two_images_on_s390x",
            "one_for_two_platforms",
        ]],
    )
