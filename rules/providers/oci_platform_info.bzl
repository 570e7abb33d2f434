"""What images of a build run on."""

visibility("//rules/...")

OciPlatformInfo = provider(
    doc = "The target platform in OCI's terms.",
    fields = {
        "architecture": "string: OCI architecture, such as `arm64`, or an empty string if OCI has no name for it.",
        "os": "string: OCI operating system, always `linux`.",
        "variant": "string: OCI variant of the architecture, such as `v8`, or an empty string.",
    },
)
