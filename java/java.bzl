"""Java's images: Debian's OpenJDK where a release has it, Eclipse Temurin elsewhere."""

load("@temurin//:versions.bzl", "VERSIONS")
load("//private:distributions.bzl", "ARCHITECTURES")
load("//private:distroless_image.bzl", "distroless_image", "image_level")

_ARCHITECTURES = {
    "debian12": ["amd64", "arm64", "s390x", "ppc64le"],
    "debian13": ["amd64", "arm64", "s390x", "ppc64le", "riscv64"],
}

# Programs that an image has on its PATH.
_JRE_PROGRAMS = ["java", "keytool"]

# Programs of the JDK that a debug image has on its PATH.
_JDK_PROGRAMS = ["jar", "javac", "jcmd", "jshell"]

def java_base(name, **kwargs):
    """The image that all of Java's stand on.

    Args:
      name: name of the image.
      **kwargs: as for distroless_image.
    """
    distroless_image(name = name, architectures = _ARCHITECTURES, **kwargs)

def _java(name, *, architectures, jre, jdk, level, debug, tags = []):
    distroless_image(
        name = name,
        architectures = architectures,
        base = "//java:java_base",
        debug = image_level(
            links = {"/usr/bin/" + program: "%s/bin/%s" % (jdk, program) for program in _JDK_PROGRAMS},
            tests = ["//java:testdata/debug.yaml"],
            **debug
        ) if debug else None,
        level = image_level(
            annotations = {"org.opencontainers.image.version": "{java}"},
            data = ["//java:checks"],
            entrypoint = ["/usr/bin/java", "-jar"],
            env = {"JAVA_VERSION": "{java}"},
            links = {"/usr/bin/" + program: "%s/bin/%s" % (jre, program) for program in _JRE_PROGRAMS},
            plain_tests = ["//private/testdata:no_shell.yaml", "//java:testdata/plain.yaml"],
            tests = ["//java:testdata/java.yaml.in", "//java:testdata/checks.yaml"],
            **level
        ),
        tags = tags,
    )

def openjdk(name, version, distributions, exceptions = []):
    """Images with Debian's OpenJDK: the JRE, and the JDK in debug images.

    Args:
      name: name of the image, and of the package set; `<name>-debug` is the debug image's.
      version: Java's version.
      distributions: the releases that have it.
      exceptions: further exceptions of checks, besides any OpenJDK's.
    """
    home = "/usr/lib/jvm/java-%s-openjdk-{debian_architecture}" % version
    _java(
        name,
        architectures = {distribution: _ARCHITECTURES[distribution] for distribution in distributions},
        debug = {
            "exceptions": ["//private/waivers:openjdk_debug.json"],
            "packages": name + "-debug",
        },
        jdk = home,
        jre = home,
        level = {
            "exceptions": ["//private/waivers:java.json", "//private/waivers:openjdk.json"] + exceptions,
            "packages": name,
            "versions": {"java": "openjdk-%s-jre-headless" % version},
        },
    )

def temurin(name, version, distributions):
    """Images with Eclipse Temurin, which comes from Adoptium's site alone: `//...` does without it.

    Args:
      name: name of the image.
      version: Java's version.
      distributions: the releases to stand on.
    """
    temurin_images(
        name,
        distributions = distributions,
        jdk = ["@temurin//:java%s-debug.{debian_architecture}" % version],
        jre = ["@temurin//:java%s.{debian_architecture}" % version],
        tags = ["manual"],
        version = version,
        versions = VERSIONS["temurin-%s-jre" % version],
    )

def temurin_images(name, *, version, distributions, jre, versions, jdk = None, exceptions = [], tags = []):
    """Images of Temurin's packages, wherever they come from.

    Args:
      name: name of the image.
      version: Java's version.
      distributions: the releases to stand on.
      jre: labels of the JRE's parts.
      versions: dict from Debian's architectures to the JRE package's version; they are built for these.
      jdk: labels of the parts that debug images add; without them these have busybox alone.
      exceptions: further exceptions of checks.
      tags: tags of all targets.
    """
    home = "/usr/lib/jvm/temurin-%s-%s-{debian_architecture}"
    values = {
        architecture: {"java": java_version(versions[spec.debian])}
        for architecture, spec in ARCHITECTURES.items()
        if spec.debian in versions
    }
    _java(
        name,
        architectures = {
            distribution: [architecture for architecture in _ARCHITECTURES[distribution] if architecture in values]
            for distribution in distributions
        },
        debug = {"parts": jdk} if jdk else None,
        jdk = home % (version, "jdk"),
        jre = home % (version, "jre"),
        level = {
            "exceptions": ["//private/waivers:java.json", "//private/waivers:temurin.json"] + exceptions,
            "parts": jre,
            "values": values,
        },
        tags = tags,
    )

def java_version(version):
    """What Java says of itself: `21.0.12.1` in Temurin's package of the version `21.0.12.1.0+1-0`.

    Args:
      version: the package's version, with five numbers.

    Returns:
      A string.
    """
    version = version.split("+")[0]
    for _ in range(version.count(".")):
        version = version.removesuffix(".0")
    return version
