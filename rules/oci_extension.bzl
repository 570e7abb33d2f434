"""Images from registries, by digest, as bases.

    oci = use_extension("@distroless//rules:oci_extension.bzl", "oci")
    oci.pull(name = "debian", image = "docker.io/library/debian", digest = "sha256:...")
    use_repo(oci, "debian")
"""

load("//rules/private:oci_extension.bzl", _oci = "oci")

oci = _oci
