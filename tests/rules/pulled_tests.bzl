"""Tests of oci.pull: what its tags may say, and that only actions that need the bytes of layers have them as inputs."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts", "unittest")
load("//rules:oci.bzl", "OciImageInfo", "oci_image", "oci_image_index")
load("//rules/private:image_credentials.bzl", "credentials_error")
load("//rules/private:oci_names.bzl", "oci_names")
load("//rules/private:oci_pulls.bzl", "find_pulls")

visibility("private")

_LAYERS = ["1" * 64, "2" * 64]

def _with_layers(env):
    """The mnemonics of the target's actions that have a pulled layer as an input."""
    return [
        action.mnemonic
        for action in analysistest.target_actions(env)
        if [file for file in action.inputs.to_list() if file.basename in _LAYERS]
    ]

def _pulled_test_impl(ctx):
    env = analysistest.begin(ctx)
    image = analysistest.target_under_test(env)[OciImageInfo]
    asserts.equals(env, ("linux", "arm64", "v8"), (image.os, image.architecture, image.variant))
    asserts.equals(env, [_LAYERS[0], _LAYERS[1], _LAYERS[0]], [layer.blob.basename for layer in image.layers])
    asserts.equals(
        env,
        ["image.0.layer.json", "image.1.layer.json", "image.0.layer.json"],
        [layer.metadata.basename for layer in image.layers],
    )
    for layer in image.layers:
        asserts.equals(env, struct(insecure = True, repository = "example.com/team/base"), layer.origin)
        asserts.equals(env, (None, []), (layer.layout, layer.parts.to_list()))
    asserts.equals(env, ["OciLayout"], _with_layers(env))
    return analysistest.end(env)

_pulled_test = analysistest.make(_pulled_test_impl)

def _on_pulled_test_impl(ctx):
    env = analysistest.begin(ctx)
    image = analysistest.target_under_test(env)[OciImageInfo]
    asserts.equals(env, "arm64", image.architecture, "the base's")
    asserts.equals(
        env,
        [_LAYERS[0], _LAYERS[1], _LAYERS[0], "on_pulled.0.tar.gz"],
        [layer.blob.basename for layer in image.layers],
    )
    asserts.equals(env, ["OciLayout"], _with_layers(env))
    (argv,) = [action.argv for action in analysistest.target_actions(env) if action.mnemonic == "OciLayout"]
    asserts.equals(env, 3, len([word for word in argv if word == "--layer"]), "each layer once, as a hard link")
    asserts.false(env, "--copy-layer" in argv)
    return analysistest.end(env)

_on_pulled_test = analysistest.make(_on_pulled_test_impl)

def _digest_test_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    files = [file.basename for file in target[DefaultInfo].files.to_list()]
    asserts.equals(env, [ctx.attr.image + ".json.sha256"], files)
    runfiles = target[DefaultInfo].default_runfiles.files.to_list()
    asserts.equals(env, files, [file.basename for file in runfiles], "Bazel builds the runfiles too")
    asserts.equals(
        env,
        ["on_pulled.check.json"],
        [file.basename for file in target[OutputGroupInfo]._validation.to_list()],
        "an image with findings has no digest",
    )
    return analysistest.end(env)

_digest_test = analysistest.make(_digest_test_impl, attrs = {"image": attr.string(doc = "Name of the image or index.")})

def _credentials_test_impl(ctx):
    env = unittest.begin(ctx)
    digest = "@sha256:" + "0" * 64
    for name in ["a", "example.com:5000/a", "example.com/a:v1", "example.com/a" + digest, "a" + digest, ""]:
        asserts.equals(env, None, credentials_error(name), name)
    for name in ["u:secret@example.com:80/a", "https://u:s@cret@example.com:80/a", "secret@example.com:80/a" + digest, "u:s/e@example.com:80"]:
        asserts.equals(
            env,
            "must not have credentials (hint: remove what is before @example.com:80, and run docker login example.com:80, " +
            "or podman login example.com:80)",
            credentials_error(name),
            name,
        )
    return unittest.end(env)

_credentials_test = unittest.make(_credentials_test_impl)

def _repository_test_impl(ctx):
    env = unittest.begin(ctx)
    for image, expected in {
        "//a": None,
        "127.0.0.1:5000/a": ("127.0.0.1:5000/a", "127.0.0.1:5000", "a"),
        "debian": ("docker.io/library/debian", "registry-1.docker.io", "library/debian"),
        "docker.io/team/app": ("docker.io/team/app", "registry-1.docker.io", "team/app"),
        "example.com/": None,
        "example.com/A": None,
        "example.com/a:v1": None,
        "example.com/a@sha256:0": None,
        "ghcr.io/a/b/c": ("ghcr.io/a/b/c", "ghcr.io", "a/b/c"),
        "localhost/a": ("localhost/a", "localhost", "a"),
        "team/app": ("docker.io/team/app", "registry-1.docker.io", "team/app"),
    }.items():
        found = oci_names.parse_repository(image)
        asserts.equals(env, expected, found and (found.name, found.api, found.path), image)
    return unittest.end(env)

_repository_test = unittest.make(_repository_test_impl)

def _index(*platforms):
    return {"manifests": [
        {"digest": text, "platform": {"architecture": parts.architecture, "os": parts.os} | ({"variant": parts.variant} if parts.variant else {})}
        for text in platforms
        for parts in [oci_names.parse_platform(text)]
    ]}

def _platform_test_impl(ctx):
    env = unittest.begin(ctx)
    debian = _index("linux/amd64", "unknown/unknown", "linux/arm/v5", "linux/arm/v7", "linux/arm64/v8", "linux/386")
    for wanted, expected in {
        "linux/386": "linux/386",
        "linux/amd64": "linux/amd64",
        "linux/arm": "linux/arm/v7",
        "linux/arm/v5": "linux/arm/v5",
        "linux/arm/v6": None,
        "linux/arm64": "linux/arm64/v8",
        "linux/s390x": None,
        "windows/amd64": None,
    }.items():
        found = oci_names.find_manifest(debian, wanted)
        asserts.equals(env, expected, found and found["digest"], wanted)
    asserts.equals(env, "linux/arm/v6", oci_names.find_manifest(_index("linux/arm/v6"), "linux/arm")["digest"])
    asserts.equals(
        env,
        ["linux/386", "linux/amd64", "linux/arm/v5", "linux/arm/v7", "linux/arm64/v8"],
        oci_names.platforms(debian),
        "attestations are left out",
    )
    asserts.equals(env, None, oci_names.parse_platform("linux"))
    asserts.true(env, oci_names.is_digest("sha256:" + "0a" * 32))
    asserts.false(env, oci_names.is_digest("0a" * 32))
    asserts.false(env, oci_names.is_digest("sha256:" + "0A" * 32))
    return unittest.end(env)

_platform_test = unittest.make(_platform_test_impl)

def _manifest_test_impl(ctx):
    env = unittest.begin(ctx)
    digests = ["sha256:" + digit * 64 for digit in "123".elems()]
    layers = [{"digest": digests[1]}, {"digest": digests[0], "urls": ["https://example.com"]}, {"digest": digests[1]}]
    image = {"config": {"digest": digests[2]}, "layers": layers}
    asserts.true(env, oci_names.is_image(image))
    asserts.equals(env, [digests[1], digests[1]], oci_names.layers(image), "the registry does not have the other")
    for manifest in [
        {},
        {"layers": layers},
        {"config": {"digest": digests[2]}},
        {"config": {"digest": "sha512:" + "0" * 128}, "layers": layers},
        {"config": {"digest": digests[2]}, "layers": [{"digest": "sha256:../x"}]},
    ]:
        asserts.false(env, oci_names.is_image(manifest), str(manifest))
    asserts.equals(env, "blobs/sha256/" + "1" * 64, oci_names.blob_path(digests[0]))
    return unittest.end(env)

_manifest_test = unittest.make(_manifest_test_impl)

def _pull(name, image):
    return struct(digest = "sha256:" + "0" * 64, image = image, insecure = False, name = name, platforms = [], tag = "")

def _module(name, *pulls):
    return struct(is_root = name == "root", name = name, tags = struct(pull = pulls))

def _modules_test_impl(ctx):
    env = unittest.begin(ctx)
    found = find_pulls([
        _module("root", _pull("base", "example.com/a"), _pull("mine", "example.com/b")),
        _module("one", _pull("base", "example.com/c"), _pull("shared", "example.com/d")),
        _module("two", _pull("shared", "example.com/d")),
    ])
    asserts.equals(
        env,
        {"base": ("root", "example.com/a"), "mine": ("root", "example.com/b"), "shared": ("one", "example.com/d")},
        {name: (pull.module.name, pull.tag.image) for name, pull in found.items()},
        "the root module overrides others, and equal pulls are one",
    )
    return unittest.end(env)

_modules_test = unittest.make(_modules_test_impl)

def pulled_test_suite(name):
    """Declares the tests and the targets that they look at.

    Args:
      name: string, name of the suite.
    """
    manual = {"tags": ["manual"]}
    oci_image(name = "on_pulled", base = "//tests/rules/pulled:image", tars = ["some_file"], **manual)
    oci_image_index(name = "index_on_pulled", images = [":on_pulled"], **manual)
    _pulled_test(name = "pulled_image_test", target_under_test = "//tests/rules/pulled:image")
    _on_pulled_test(name = "on_pulled_test", target_under_test = "on_pulled")
    _digest_test(name = "pulled_digest_test", target_under_test = "on_pulled.digest", image = "on_pulled")
    _digest_test(name = "pulled_index_digest_test", target_under_test = "index_on_pulled.digest", image = "index_on_pulled")
    _credentials_test(name = "credentials_test")
    _manifest_test(name = "manifest_test")
    _modules_test(name = "modules_test")
    _platform_test(name = "platform_test")
    _repository_test(name = "repository_test")
    native.test_suite(
        name = name,
        tests = [target + "_test" for target in [
            "credentials",
            "manifest",
            "modules",
            "on_pulled",
            "platform",
            "pulled_digest",
            "pulled_image",
            "pulled_index_digest",
            "repository",
        ]],
    )
