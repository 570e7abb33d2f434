"""Java's images: Debian's OpenJDK where a release has it, Eclipse Temurin elsewhere."""

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

def _java(name, *, distributions, jre, jdk, package, level, debug, tags = []):
    distroless_image(
        name = name,
        architectures = {distribution: _ARCHITECTURES[distribution] for distribution in distributions},
        base = ":java_base",
        debug = image_level(
            links = {"/usr/bin/" + program: "%s/bin/%s" % (jdk, program) for program in _JDK_PROGRAMS},
            tests = ["testdata/debug.yaml"],
            **debug
        ),
        level = image_level(
            annotations = {"org.opencontainers.image.version": "{java}"},
            data = [":checks"],
            entrypoint = ["/usr/bin/java", "-jar"],
            env = {"JAVA_VERSION": "{java}"},
            links = {"/usr/bin/" + program: "%s/bin/%s" % (jre, program) for program in _JRE_PROGRAMS},
            plain_tests = ["//private/testdata:no_shell.yaml", "testdata/plain.yaml"],
            tests = ["testdata/java.yaml.in", "testdata/checks.yaml"],
            versions = {"java": package},
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
        debug = {
            "exceptions": ["//private/exceptions:openjdk_debug.json"],
            "packages": name + "-debug",
        },
        distributions = distributions,
        jdk = home,
        jre = home,
        level = {
            "exceptions": ["//private/exceptions:java.json", "//private/exceptions:openjdk.json"] + exceptions,
            "packages": name,
        },
        package = "openjdk-%s-jre-headless" % version,
    )

def temurin(name, version, distributions):
    """Images with Eclipse Temurin, which comes from Adoptium's site alone: `//...` does without it.

    Args:
      name: name of the image.
      version: Java's version.
      distributions: the releases to stand on.
    """
    home = "/usr/lib/jvm/temurin-%s-%s-{debian_architecture}"
    _java(
        name,
        debug = {"parts": ["@temurin//:java%s-debug.{debian_architecture}" % version]},
        distributions = distributions,
        jdk = home % (version, "jdk"),
        jre = home % (version, "jre"),
        level = {
            "exceptions": ["//private/exceptions:java.json", "//private/exceptions:temurin.json"],
            "parts": ["@temurin//:java%s.{debian_architecture}" % version],
        },
        package = "temurin-%s-jre" % version,
        tags = ["manual"],
    )
