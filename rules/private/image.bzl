"""The macro `image`: the targets of a common image in one call."""

load(":binary_layer.bzl", "binary_layer")
load(":files.bzl", "files")
load(":image_test_config.bzl", "image_test_config")
load(":oci_image.bzl", "oci_image")
load(":oci_image_index.bzl", "oci_image_index")
load(":oci_load.bzl", "oci_load")
load(":oci_push.bzl", "oci_push")
load(":structure_test.bzl", "structure_test")

visibility("//rules/...")

# Platforms such as @distroless//rules/platforms:linux_arm64.
_PLATFORM_PREFIX = "linux_"

def _file_layers(name, given, attributes):
    """The targets of `files`: those of a list, or one made of a dict from paths to labels."""
    if type(given) == "list":
        return given
    if not given:
        return []
    files(name = name + "_files", srcs = given, **attributes)
    return [name + "_files"]

def _binary_layers(name, binary, attributes):
    """The layers of `binary`: a list of labels."""
    if not binary:
        return []
    binary_layer(name = name + "_binary", binary = binary, **attributes)
    return [name + "_binary"]

def _default_configs(name, options, program, attributes):
    """Declares a test config that the image says what its declaration says, and has the program. Returns a list of its label."""

    # A string in place of a list is the label of a file.
    types = {"cmd": "list", "entrypoint": "list", "user": "string", "workdir": "string"}
    metadata = {field: value for field, value in options.items() if value and type(value) == types[field]}
    if not metadata and not program:
        return []
    image_test_config(
        name = name + "_test_config",
        metadata = json.encode(metadata),
        program = program,
        **(attributes | {"testonly": True})
    )
    return [name + "_test_config"]

def _declare_tests(name, platforms, configs, attributes):
    """Declares `<name>_test`, with a test for each platform that has OCI's name."""
    names = [native.package_relative_label(platform).name for platform in platforms]
    architectures = [each.removeprefix(_PLATFORM_PREFIX) for each in names if each.startswith(_PLATFORM_PREFIX)]
    if len(architectures) != len(platforms) or not platforms:
        structure_test(
            name = name + "_test",
            configs = configs,
            image = name + "_image" if platforms else name,
            **attributes
        )
        return
    tests = []
    for architecture in architectures:
        tests.append("%s_test_%s" % (name, architecture))
        structure_test(
            name = tests[-1],
            configs = configs,
            image = name,
            platform = "linux/" + architecture,
            **attributes
        )
    native.test_suite(
        name = name + "_test",
        tests = tests,
        **{key: value for key, value in attributes.items() if key in ["tags", "visibility"]}
    )

def image(
        name,
        *,
        base = None,
        packages = [],
        files = {},
        binary = None,
        tars = [],
        entrypoint = None,
        cmd = None,
        env = None,
        user = None,
        workdir = None,
        exposed_ports = None,
        volumes = None,
        labels = None,
        annotations = None,
        platforms = [],
        repository = None,
        remote_tags = None,
        repo_tags = None,
        tests = [],
        compression = None,
        layers = 1,
        alternatives = False,
        waivers = [],
        ref = None,
        **kwargs):
    """An image of packages, files and a program on a base, for one or several platforms, with its test, load and push.

    ```
    load("@distroless//rules:image.bzl", "image")

    image(
        name = "curl",
        base = "@distroless//base:base_nonroot_debian12",
        packages = ["@bookworm//curl"],
        files = {"/etc/curlrc": "curlrc"},
        entrypoint = ["/usr/bin/curl"],
        platforms = [
            "@distroless//rules/platforms:linux_amd64",
            "@distroless//rules/platforms:linux_arm64",
        ],
        repository = "registry.example.com/curl",
        remote_tags = ["latest"],
    )
    ```

    It declares these targets:
      * `<name>`: an `oci_image` for the target platform, or with `platforms` an `oci_image_index`.
      * `<name>_image`: with `platforms`, the `oci_image` that the index has for each of them.
      * `<name>_test`: a `structure_test` with the configs in `tests`; with `platforms` one for each, `<name>_test_arm64` and
        so on, and a `test_suite` of them.
      * `<name>_load`: `bazel run` loads the image into docker, podman or containerd, see `oci_load`.
      * `<name>_push`: with `repository`, `bazel run` pushes the image or index, see `oci_push`.
      * `<name>.digest`: the file `<name>.json.sha256` with the digest.

    What an option cannot say here, `oci_image` can.

    Args:
      name: string, name of the target.
      base: label of the image underneath, as for `oci_image`. With `platforms` it is an index.
      packages: list of labels of packages and package sets, such as `@bookworm//curl`.
      files: dict from an absolute path in the image to a label, as `srcs` of the rule `files`; or a list of labels of
        `files`, `passwd` and other targets of //rules:rootfs.bzl. They are above the packages.
      binary: label of a program, such as a `go_binary`, `java_binary` or `py_binary`, or a JavaScript file; or of a
        `binary_layer`, which has options. Its layers are above the files. Without `entrypoint` and `cmd` the image starts the
        program: the entrypoint is `/app/<name of the binary>`, or on bases for Java and Node.js the cmd is
        `/app/<name>.jar` or `/app/<name>.js`.
      tars: list of labels of further layers, on top, as for `oci_image`.
      entrypoint: list of strings or label of a file: program and first arguments.
      cmd: list of strings or label of a file: arguments of the entrypoint.
      env: dict of strings or label of a file: environment variables, merged with those of the base.
      user: string, user as `uid`, `uid:gid` or a name in the image's /etc/passwd.
      workdir: string, working directory, an absolute path.
      exposed_ports: list of strings or label of a file: ports such as `8080/tcp`, added to those of the base.
      volumes: list of strings or label of a file: absolute paths of volumes, added to those of the base.
      labels: dict of strings or label of a file: labels of the config, merged with those of the base.
      annotations: dict of strings or label of a file: annotations of the manifest.
      platforms: list of labels of `platform` targets to build the image for.
      repository: string, the repository to push to, such as `registry.example.com/team/app`.
      remote_tags: list of strings or label of a file with one per line: the tags to set when the image is pushed.
      repo_tags: list of strings or label of a file with one per line: the names of the image when it is loaded, such as
        `app:latest`. By default the name is `ref`'s default.
      tests: list of labels of configs of `structure_test`. By default the test is that the image has the program of
        `entrypoint`, and the entrypoint, cmd, user and workdir that are given here. It runs nothing. If none is given, there
        is no test.
      compression: string, how all layers of the image are compressed, as for `oci_image`: `gzip`, `zstd`, `estargz` or
        `zstd:chunked`.
      layers: int, the largest number of layers added to the base, as for `oci_image`.
      alternatives: bool or dict, whether to make the links of Debian's alternatives, such as `/usr/bin/awk`, as for `oci_image`.
      waivers: list of labels of JSON files with findings of the checks to accept, see docs/checks.md.
      ref: string, name of the image when its layout or tarball is loaded, such as `app:v1`.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`, for all targets.
    """
    if remote_tags and not repository:
        fail("%s: `remote_tags` without a `repository` (hint: name the repository to push to)" % name)
    binary_layers = _binary_layers(name, binary, kwargs)
    program = binary_layers[0] if binary_layers and entrypoint == None and cmd == None else None
    inner = name + "_image" if platforms else name
    oci_image(
        name = inner,
        alternatives = alternatives,
        annotations = annotations,
        base = base,
        cmd = cmd,
        compression = compression,
        entrypoint = entrypoint,
        env = env,
        exposed_ports = exposed_ports,
        labels = labels,
        layers = layers,
        program = program,
        ref = ref,
        tars = packages + _file_layers(name, files, kwargs) + binary_layers + tars,
        user = user,
        volumes = volumes,
        waivers = waivers,
        workdir = workdir,
        **kwargs
    )
    if platforms:
        oci_image_index(name = name, images = [inner], platforms = platforms, ref = ref, **kwargs)
    oci_load(name = name + "_load", image = name, repo_tags = repo_tags, **kwargs)
    if repository:
        oci_push(name = name + "_push", image = name, remote_tags = remote_tags, repository = repository, **kwargs)
    tested = {"cmd": cmd, "entrypoint": entrypoint, "user": user, "workdir": workdir}
    configs = tests or _default_configs(name, tested, program, kwargs)
    if configs:
        _declare_tests(name, platforms, configs, kwargs)
