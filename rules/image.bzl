"""The common image in one call: image, index, test, load and push.

    load("@distroless//rules:image.bzl", "image")
"""

load("//rules/private:image.bzl", _image = "image")

image = _image
