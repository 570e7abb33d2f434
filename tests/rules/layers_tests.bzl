"""Tests of how layers are compressed, and of how packages are split over them."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts", "unittest")
load("@bazel_skylib//rules:write_file.bzl", "write_file")
load("//rules:deb.bzl", "deb")
load("//rules:oci.bzl", "LayersInfo", "OciImageInfo", "oci_image", "oci_layer")
load("//rules:rootfs.bzl", "nsswitch")
load("//rules/private:deb_file.bzl", "deb_file")
load("//rules/private:layer_budget.bzl", "split_packages", "update_probability")
load(":failure_test.bzl", "failure_test")

visibility("private")

def _split(packages, count):
    """The groups of split_packages, by source. `packages` is a dict from a source to a size in KiB."""
    described = [struct(source = source, size = size << 10) for source, size in packages.items()]
    names = packages.keys()
    return [[names[position] for position in group] for group in split_packages(described, count)]

def _probability_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, update_probability("python3.11"), update_probability("python3.13"))
    asserts.equals(env, update_probability("openjdk-17"), update_probability("openjdk-21"))
    asserts.true(env, update_probability("openssl") > update_probability("tzdata"))
    asserts.true(env, update_probability("tzdata") > update_probability("unheard-of"))
    asserts.equals(env, update_probability("zlib"), update_probability("unheard-of"), "no counted update changed zlib")
    return unittest.end(env)

_probability_test = unittest.make(_probability_test_impl)

def _split_test_impl(ctx):
    env = unittest.begin(ctx)
    packages = {"openssl": 2000, "glibc": 3000, "x": 3000, "y": 1, "z": 500}
    asserts.equals(env, [["openssl", "glibc", "x", "y", "z"]], _split(packages, 1))
    asserts.equals(env, [["glibc", "x", "y", "z"], ["openssl"]], _split(packages, 2))
    asserts.equals(env, [["x", "y", "z"], ["glibc"], ["openssl"]], _split(packages, 3), "what changes most is on top")
    asserts.equals(env, [["z"], ["y"], ["x"], ["glibc"], ["openssl"]], _split(packages, 5))
    asserts.equals(env, _split(packages, 5), _split(packages, 9), "no layer is empty")
    return unittest.end(env)

_split_test = unittest.make(_split_test_impl)

def _sources_test_impl(ctx):
    env = unittest.begin(ctx)
    packages = [
        struct(source = "glibc", size = 3 << 20),
        struct(source = "zlib", size = 1 << 20),
        struct(source = "glibc", size = 1 << 10),
    ]
    asserts.equals(env, [[1], [0, 2]], split_packages(packages, 3), "packages of a source stay together")
    asserts.equals(env, [], [group for group in split_packages([struct(source = "x", size = 0)], 4) if group != [0]])
    many = [struct(source = "s%d" % number, size = 1) for number in range(1000)]
    groups = split_packages(many, 16)
    asserts.equals(env, 16, len(groups))
    asserts.equals(env, list(range(1000)), sorted([position for group in groups for position in group]))
    return unittest.end(env)

_sources_test = unittest.make(_sources_test_impl)

def _stable_test_impl(ctx):
    env = unittest.begin(ctx)
    sizes = {"glibc": 2700, "openssl": 2300, "gcc-14": 800, "tzdata": 300, "base-files": 70, "zlib": 90, "libzstd": 340}
    larger = {source: size + size // 20 for source, size in sizes.items()}
    for count in range(1, 8):
        asserts.equals(env, _split(sizes, count), _split(larger, count), "an update moves no package to another layer")
    return unittest.end(env)

_stable_test = unittest.make(_stable_test_impl)

def _parts(layer):
    return [file.basename for file in layer.parts.to_list()]

def _layers_test_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    layers = target[OciImageInfo].layers if OciImageInfo in target else target[LayersInfo].layers
    asserts.equals(env, ctx.attr.expected, [" ".join(_parts(layer)) for layer in layers])
    names = [layer.blob.basename for layer in layers]
    asserts.equals(env, len(names), len({name: True for name in names}))
    return analysistest.end(env)

_layers_test = analysistest.make(
    _layers_test_impl,
    attrs = {"expected": attr.string_list(doc = "The part.json files of each layer, bottom to top.")},
)

def _compression_test_impl(ctx):
    env = analysistest.begin(ctx)
    layers = analysistest.target_under_test(env)[OciImageInfo].layers
    asserts.equals(env, ctx.attr.blobs, [layer.blob.basename for layer in layers])
    for action in analysistest.target_actions(env):
        if action.mnemonic in ["OciLayer", "LdSoCache"]:
            at = action.argv.index("--compression") if "--compression" in action.argv else -1
            asserts.equals(env, ctx.attr.expected, action.argv[at + 1])
    return analysistest.end(env)

_compression_test = analysistest.make(
    _compression_test_impl,
    attrs = {
        "blobs": attr.string_list(doc = "The files of the layers, bottom to top."),
        "expected": attr.string(doc = "The compression of the image's own layer."),
    },
)

_PLATFORM = {"architecture": "amd64", "os": "linux"}

def _fixtures():
    manual = {"tags": ["manual"]}
    for source, size in {"glibc": 3000, "openssl": 2000, "zlib": 90}.items():
        write_file(name = "split_%s_file" % source, out = source + "_1.deb", content = [], **manual)
        deb_file(
            name = "split_%s_deb" % source,
            deb = source + "_1.deb",
            size = size << 10,
            url = "https://deb.example/pool/main/x/%s/lib%s_1_amd64.deb" % (source, source),
            **manual
        )
        deb(name = "split_" + source, deb = "split_%s_deb" % source, **manual)
    write_file(name = "split_tar_file", out = "split.tar", content = [], **manual)
    write_file(name = "split_jdk_file", out = "jdk_1.deb", content = [], **manual)
    deb(name = "split_jdk", deb = "jdk_1.deb", separate_layer = True, **manual)
    nsswitch(name = "split_nsswitch", **manual)
    packages = ["split_glibc", "split_openssl", "split_zlib"]
    for name, tars, layers in [
        ("split_two", packages + ["split_nsswitch"], 2),
        ("split_three", packages + ["split_nsswitch"], 3),
        ("split_separate", packages + ["split_jdk"], 3),
        ("split_tight", packages + ["split_jdk"], 1),
        ("split_runs", ["split_nsswitch", "split.tar"] + packages, 4),
        ("split_none", packages, 0),
    ]:
        oci_image(name = name, layers = layers, ld_so_cache = False, tars = tars, **(_PLATFORM | manual))
    oci_layer(name = "split_layer", layers = 2, parts = packages, **manual)
    oci_image(name = "compression_base", tars = ["split_nsswitch"], **(_PLATFORM | manual))
    oci_image(name = "compression_estargz", base = "compression_base", compression = "estargz", tars = ["split_zlib"], **manual)
    oci_image(name = "compression_chunked", base = "compression_base", compression = "zstd:chunked", tars = ["split_zlib"], **manual)

_GLIBC = "split_glibc.part.json"
_OPENSSL = "split_openssl.part.json"
_ZLIB = "split_zlib.part.json"
_NSSWITCH = "split_nsswitch.part.json"

_LAYERS = {
    "split_layer": [_GLIBC + " " + _ZLIB, _OPENSSL],
    "split_runs": [_NSSWITCH, "split_runs.1.tar.part.json", _GLIBC + " " + _ZLIB, _OPENSSL],
    "split_separate": ["split_jdk.part.json", _GLIBC + " " + _ZLIB, _OPENSSL],
    "split_three": [_GLIBC + " " + _ZLIB, _OPENSSL, _NSSWITCH],
    "split_tight": ["split_jdk.part.json", " ".join([_GLIBC, _OPENSSL, _ZLIB])],
    "split_two": [" ".join([_GLIBC, _OPENSSL, _ZLIB]), _NSSWITCH],
}

def layers_test_suite(name):
    """Declares the tests and the targets that they look at.

    Args:
      name: string, name of the suite.
    """
    _fixtures()
    unittest.suite(name + "_split", _probability_test, _split_test, _sources_test, _stable_test)
    tests = [name + "_split"]
    for target, expected in _LAYERS.items():
        _layers_test(name = target + "_test", expected = expected, target_under_test = target)
        tests.append(target + "_test")
    for target, compression, suffix in [
        ("compression_chunked", "zstd:chunked", "zst"),
        ("compression_estargz", "estargz", "gz"),
    ]:
        _compression_test(
            name = target + "_test",
            blobs = ["compression_base.0.tar." + suffix, target + ".0.tar." + suffix],
            expected = compression,
            target_under_test = target,
        )
        tests.append(target + "_test")
    failure_test(
        name = "split_none_test",
        message = "//tests/rules:split_none: `layers` is 0 (hint: write the largest number of layers, at least 1)",
        target_under_test = "split_none",
    )
    native.test_suite(name = name, tests = tests + ["split_none_test"])
