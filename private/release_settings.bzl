"""What is said of all images and releases: where they come from, who makes them, where they are published."""

load(":visibility.bzl", "IMAGES_AND_TESTS")

visibility(IMAGES_AND_TESTS + ["//"])

# Where the sources of the images are.
SOURCE = "https://github.com/GoogleContainerTools/distroless"

# Who makes the images.
VENDOR = "Distroless"

# The distribution of the repositories without a distribution in their name. A key of DISTRIBUTIONS.
DEFAULT_DISTRIBUTION = "debian13"

# Where the images are published.
REGISTRY = "gcr.io/distroless"
