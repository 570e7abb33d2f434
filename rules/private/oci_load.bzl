"""The rule `oci_load`."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool", "write_python_program")
load(":cas.bzl", "CAS_ATTRS", "cas_arguments")
load(":default_ref.bzl", "default_ref")
load(":image_content.bzl", "image_content")
load(":image_credentials.bzl", "refuse_credentials")
load(":labels.bzl", "is_label")
load(":platforms.bzl", "target_architecture")
load(":stamp.bzl", "STAMP_ATTRS", "stamp_arguments", "stamp_select")

visibility("//rules/...")

def _arguments(ctx, content):
    arguments = content.arguments + ["--format", ctx.attr.format] + stamp_arguments(ctx)
    if ctx.attr.architecture:
        arguments += ["--platform", "linux/" + ctx.attr.architecture]
    for tag in ctx.attr.repo_tags:
        arguments += ["--tag", tag]
    if ctx.file.repo_tags_file:
        arguments += ["--tags-file", ctx.file.repo_tags_file]
    elif not ctx.attr.repo_tags:
        arguments += ["--tag", default_ref(ctx.attr.image.label)]
    return arguments

def _write_tarball(ctx, arguments, files):
    tarball = ctx.actions.declare_file(ctx.label.name + ".tar")
    args = ctx.actions.args()
    args.add("--tar-out", tarball)
    inputs = []
    for each in arguments:
        if type(each) == "File":
            args.add_all([each], expand_directories = False)
            inputs.append(each)
        else:
            args.add(each)
    run_python_tool(
        ctx,
        ctx.attr._oci_load,
        arguments = args,
        inputs = depset(inputs, transitive = files),
        outputs = [tarball],
        mnemonic = "OciLoadTarball",
        progress_message = "Packing %{label}",
    )
    return tarball

def _oci_load_impl(ctx):
    refuse_credentials(ctx, "repo_tags", ctx.attr.repo_tags)
    content = image_content(ctx, ctx.attr.image)
    arguments = _arguments(ctx, content)
    cas = cas_arguments(ctx)
    run_content = image_content(ctx, ctx.attr.image, lacks_blobs = True) if cas else content
    run_arguments = _arguments(ctx, run_content) + cas
    runfiles = list(content.files)
    if ctx.executable.loader:
        run_arguments += ["--loader-program", ctx.executable.loader]
        runfiles.append(ctx.attr.loader[DefaultInfo].default_runfiles.files)
    return [
        write_python_program(ctx, ctx.attr._oci_load, arguments = run_arguments, files = runfiles),
        OutputGroupInfo(
            tarball = depset([_write_tarball(ctx, arguments, content.files + [content.reports])]),
            _validation = content.reports,
        ),
    ]

_oci_load = rule(
    doc = "The rule behind the macro `oci_load`.",
    implementation = _oci_load_impl,
    executable = True,
    attrs = CAS_ATTRS | STAMP_ATTRS | {
        "architecture": attr.string(doc = "OCI architecture of the image that is taken from an index."),
        "format": attr.string(
            default = "docker",
            values = ["docker", "oci"],
            doc = "Format of the archive.",
        ),
        "image": attr.label(
            allow_files = True,
            mandatory = True,
            doc = "An `oci_image`, an `oci_image_index`, or one OCI image layout directory from elsewhere.",
        ),
        "loader": attr.label(cfg = "exec", executable = True, doc = "Program with docker's command line."),
        "repo_tags": attr.string_list(doc = "Names that the image gets."),
        "repo_tags_file": attr.label(allow_single_file = True, doc = "File with a name per line."),
        "_oci_load": python_tool_attr("//tools/oci_load"),
    },
)

def oci_load(name, *, image, repo_tags = None, format = "docker", loader = None, stamp = -1, **kwargs):
    """Loads an image into docker, podman or containerd: `bazel run //:load`. The attributes are those of rules_oci; `stamp` is new.

    ```
    load("@distroless//rules:oci.bzl", "oci_load")

    oci_load(
        name = "load",
        image = ":image",
        repo_tags = ["app:latest"],
    )
    ```

    With `--output_groups=tarball` Bazel builds `<name>.tar` instead, the archive that `docker load` reads. This needs no
    daemon.

    Flags follow `--`: `bazel run //:load -- --loader podman`.
      * `-t`, `--tag`: a further name; it can be repeated.
      * `--loader`: docker, podman, nerdctl or ctr. By default it is the first of them that is installed.
      * `--platform`: such as `linux/arm64`, which image of an index to load.

    Args:
      name: string, name of the target.
      image: label of an `oci_image`, an `oci_image_index`, or one OCI image layout directory from elsewhere.
      repo_tags: list of strings or label of a file with one per line: names such as `app:latest`. They may have `{KEY}`, see
        `stamp`. By default it is the image's package and name.
      format: string, `docker` or `oci`. The format of docker has one image: of an index, that for the target platform. The
        format of OCI has a whole index, which podman and containerd read, and docker with its containerd image store.
      loader: label of a program that is run as `PROGRAM load --input FILE` in place of docker.
      stamp: int, whether `{KEY}` is replaced by the value of Bazel's workspace status: 1 always, 0 never, -1 with `--stamp`.
      **kwargs: attributes that all executable rules have, such as `visibility`.
    """
    is_file = is_label(repo_tags)
    _oci_load(
        name = name,
        architecture = target_architecture(),
        format = format,
        image = image,
        loader = loader,
        repo_tags = None if is_file else repo_tags,
        repo_tags_file = repo_tags if is_file else None,
        stamp = stamp,
        stamped = stamp_select(),
        **kwargs
    )
