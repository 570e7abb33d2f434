"""What one image adds to its base, declared once for all distributions and architectures."""

load(":distributions.bzl", "ARCHITECTURES", "DISTRIBUTIONS")

visibility("private")

def image_spec(
        *,
        packages = None,
        parts = [],
        links = {},
        ld_so_cache = False,
        env = {},
        entrypoint = None,
        annotations = {},
        licenses = [],
        substitutions = {},
        version_substitutions = {},
        waivers = [],
        tests = [],
        non_debug_tests = [],
        nonroot_tests = [],
        data = []):
    """What an image, or its debug image, adds.

    Strings and labels may contain `{distribution}`, `{release}` (VERSION_ID of the distribution), `{architecture}` (OCI's
    name), `{debian_architecture}`, `{loader}` (path of the dynamic loader), `{triplet}` (name of the directories of
    libraries), and the names of `substitutions` and `version_substitutions`. So may test configs named `*.yaml.in`.

    Args:
      packages: string, name of a package set of the distribution's lock.
      parts: list of labels of further parts.
      links: dict from the path of a symlink in the image to its target.
      ld_so_cache: bool, whether to add an ld.so.cache of all libraries of the image.
      env: dict of strings, environment variables.
      entrypoint: list of strings, the entrypoint.
      annotations: dict of strings, annotations of manifests, in addition to those of all images.
      licenses: list of SPDX license identifiers, the main ones of the software that the image contains, that of its base
        included. The SBOM has all.
      substitutions: dict from a distribution or an architecture to a dict from a name to the string that replaces it.
      version_substitutions: dict from a name to a package of the lock, whose upstream version replaces it, without a
        build number such as `+10`.
      waivers: list of labels of waivers of the image's checks, or a dict from a distribution to such a list.
      tests: list of labels of structure test configs, for the image and its debug image.
      non_debug_tests: list of labels of configs for the image only, such as that it contains no shell.
      nonroot_tests: list of labels of configs for the nonroot images only.
      data: list of labels of files that the configs mount.

    Returns:
      A struct, for `distroless_image`.
    """
    return struct(
        packages = packages,
        parts = parts,
        links = links,
        ld_so_cache = ld_so_cache,
        env = env,
        entrypoint = entrypoint,
        annotations = annotations,
        licenses = licenses,
        substitutions = substitutions,
        version_substitutions = version_substitutions,
        waivers = waivers,
        tests = tests,
        non_debug_tests = non_debug_tests,
        nonroot_tests = nonroot_tests,
        data = data,
    )

def _upstream_version(version):
    """The upstream version of a Debian version, without a build number: `17.0.19` for `17.0.19+10-1~deb12u1`."""
    return version.split(":")[-1].rsplit("-", 1)[0].split("+")[0]

def _substitutions(spec, distribution, architecture):
    versions = DISTRIBUTIONS[distribution].versions
    values = {
        "architecture": architecture,
        "debian_architecture": ARCHITECTURES[architecture].debian,
        "distribution": distribution,
        "loader": ARCHITECTURES[architecture].loader,
        "release": DISTRIBUTIONS[distribution].os_release["VERSION_ID"],
        "triplet": ARCHITECTURES[architecture].triplet,
    } | spec.substitutions.get(distribution, {}) | spec.substitutions.get(architecture, {})
    return values | {
        name: _upstream_version(versions[package.format(**values)][architecture])
        for name, package in spec.version_substitutions.items()
    }

def expand_spec(spec, distribution, architecture):
    """Expands a spec for one distribution and architecture.

    Args:
      spec: struct, made by `image_spec`.
      distribution: string, a key of DISTRIBUTIONS.
      architecture: string, a key of ARCHITECTURES.

    Returns:
      struct(parts: list of labels of packages and further parts; links, ld_so_cache, env, entrypoint, annotations, licenses,
      waivers, tests, non_debug_tests, nonroot_tests, data: as in `image_spec`, with all names replaced; substitutions: dict from a name
      to the string that replaced it).
    """
    substitutions = _substitutions(spec, distribution, architecture)

    def expand(strings):
        return [string.format(**substitutions) for string in strings]

    def expand_dict(strings):
        return {key.format(**substitutions): value.format(**substitutions) for key, value in strings.items()}

    packages = ["@{distribution}//:%s.{architecture}" % spec.packages] if spec.packages else []
    waivers = spec.waivers.get(distribution, []) if type(spec.waivers) == "dict" else spec.waivers
    return struct(
        parts = expand(packages + spec.parts),
        links = expand_dict(spec.links),
        ld_so_cache = spec.ld_so_cache,
        env = expand_dict(spec.env),
        entrypoint = expand(spec.entrypoint) if spec.entrypoint else None,
        annotations = expand_dict(spec.annotations),
        licenses = spec.licenses,
        waivers = expand(waivers),
        tests = expand(spec.tests),
        non_debug_tests = expand(spec.non_debug_tests),
        nonroot_tests = expand(spec.nonroot_tests),
        data = expand(spec.data),
        substitutions = substitutions,
    )

def join_env(dicts):
    """Joins environments. `$PATH` in a later PATH stands for the earlier one, as it would for that of a base.

    Args:
      dicts: list of dicts of strings.

    Returns:
      A dict.
    """
    result = {}
    for each in dicts:
        for key, value in each.items():
            result[key] = value.replace("$" + key, result[key]) if key in result else value
    return result
