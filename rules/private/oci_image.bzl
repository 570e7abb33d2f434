"""The macro `oci_image`."""

load(":digest.bzl", "declare_digest")
load(":image_options.bzl", "split_forms")
load(":oci_image_rule.bzl", _oci_image = "oci_image")

visibility("//rules/...")

def oci_image(
        name,
        *,
        base = None,
        tars = [],
        os = None,
        architecture = None,
        variant = None,
        entrypoint = None,
        cmd = None,
        env = None,
        user = None,
        workdir = None,
        exposed_ports = None,
        volumes = None,
        labels = None,
        annotations = None,
        created = None,
        base_name = None,
        annotate_created = False,
        ref = None,
        program = None,
        compression = None,
        layers = 1,
        alternatives = False,
        ld_so_cache = True,
        check = True,
        waivers = [],
        **kwargs):
    """An image for one platform.

    The attributes are those of rules_oci; `base_name`, `annotate_created`, `ref`, `program`, `compression`, `layers`, `alternatives`, `ld_so_cache`, `check` and
    `waivers` are new.

    ```
    load("@distroless//rules:oci.bzl", "oci_image")

    oci_image(
        name = "image",
        base = "@distroless//base:base_nonroot_debian12",
        entrypoint = ["/app/server"],
        tars = [":app"],
    )
    ```

    It declares two targets:
      * `<name>`: an OCI image layout, a directory. With `--output_groups=oci_tarball` Bazel builds `<name>.oci.tar`
        instead, the layout as one tar.
      * `<name>.digest`: the file `<name>.json.sha256` with the image's digest, `sha256:...`.

    Where an attribute takes a list or a dict, it also takes the label of a file with one item, or one `KEY=VALUE`, per
    line. A `select` is taken for labels of such files.

    Args:
      name: string, name of the target.
      base: label of the image underneath: an `oci_image`, an `oci_image_index`, or an OCI image layout from elsewhere, a
        directory or a tar of one, such as an image of rules_oci or rules_img. Of several images the one for the target
        platform is taken.
      tars: list of labels, the layers above those of the base, bottom to top: tar files (plain, gzip, zstd), `oci_layer`
        targets, and parts (packages, package sets, generated files). Parts that follow each other become one
        layer, or as many as `layers` allows.
      os: string, OCI operating system, `linux` by default. An image has the platform of its base, so this, `architecture`
        and `variant` are forbidden with a base.
      architecture: string, OCI architecture, such as `arm64`. Without a base it is that of the target platform by default.
      variant: string, OCI variant of the architecture, such as `v8`. If `architecture` is not set either, it is that of
        the target platform.
      entrypoint: list of strings or label of a file: program and first arguments. It replaces the entrypoint of the
        base, and clears its cmd. An empty list only clears.
      cmd: list of strings or label of a file: arguments of the entrypoint. It replaces the cmd of the base. An empty list
        only clears it.
      env: dict of strings or label of a file: environment variables, merged with those of the base. `$K` and `${K}` are
        replaced by variables of the base and by those further up.
      user: string, user as `uid`, `uid:gid` or a name in the image's /etc/passwd.
      workdir: string, working directory, an absolute path.
      exposed_ports: list of strings or label of a file: ports such as `8080/tcp`, added to those of the base.
      volumes: list of strings or label of a file: absolute paths of volumes, added to those of the base.
      labels: dict of strings or label of a file: labels of the config, merged with those of the base.
      annotations: dict of strings or label of a file: annotations of the manifest, merged with those of the base, except
        `org.opencontainers.image.*`, which describe the base.
      created: label of a file with the time of creation, RFC 3339. By default it is the newest time in the layers.
      base_name: string, reference of the base, such as `gcr.io/distroless/cc-debian12:latest`. If it is set, annotations
        name the base and its digest: `org.opencontainers.image.base.name` and `org.opencontainers.image.base.digest`.
      annotate_created: bool, whether the annotation `org.opencontainers.image.created` says when the image was created.
      ref: string, name of the image when its layout or tarball is loaded, such as `cc:debian13`. By default it is the
        target's package and name: `cc:debian13` for `//cc:cc_debian13`, `app:image` for `//app:image`.
      program: label of a `binary_layer`, which is in `tars` too. Without `entrypoint` and `cmd` the image starts its program.
      compression: string, how all layers of the image are compressed, those of its base included: `gzip`, `zstd`, `estargz` or
        `zstd:chunked`. Clients that know the last two start a container before they have all of its image, see
        docs/layers.md. Tar files and images from elsewhere stay as they are. By default
        `--@distroless//rules:compression` decides.
      layers: int, the largest number of layers that `tars` become. With more than one, packages are split by their source and by
        how often they change, so that an update moves fewer bytes, see docs/layers.md. Tar files, `oci_layer` targets and
        packages with `separate_layer` have a layer each, even if these are more.
      alternatives: bool or dict, whether to make the links of Debian's alternatives, such as `/usr/bin/awk`, which maintainer
        scripts make with update-alternatives. They are read from the scripts of the packages in `tars` and in `base`, as by
        the rule `alternatives`. A dict from the absolute path of a link to its target (string) declares further links.
      ld_so_cache: bool, whether to add `/etc/ld.so.cache` if a program or library in `tars` needs a library that the image has,
        but that the loader finds with a cache only, such as one in `/usr/local/lib`, or if the cache of `base` lacks a library
        in `tars`.
      check: bool, whether to check the image while it is built: that libraries are found, that no two packages own one
        path, and more. docs/checks.md lists the checks.
      waivers: list of labels of JSON files with findings of the checks to accept, and why. Images that have this one
        as their base inherit them.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    _oci_image(
        name = name,
        alternative_links = {} if type(alternatives) == "bool" else alternatives,
        alternatives = alternatives if type(alternatives) == "bool" else True,
        annotate_created = annotate_created,
        architecture = architecture,
        base = base,
        base_name = base_name,
        check = check,
        compression = compression,
        created = created,
        layers = layers,
        ld_so_cache = ld_so_cache,
        os = os,
        program = program if entrypoint == None and cmd == None else None,
        ref = ref,
        tars = tars,
        user = user,
        variant = variant,
        waivers = waivers,
        workdir = workdir,
        **(kwargs | split_forms(
            annotations = annotations,
            cmd = cmd,
            entrypoint = entrypoint,
            env = env,
            exposed_ports = exposed_ports,
            labels = labels,
            volumes = volumes,
        ))
    )
    declare_digest(name, kwargs)
