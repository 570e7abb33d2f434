"""What stands in a repository of packages of a language."""

load("//rules:distroless.bzl", "files")

# buildifier: disable=unnamed-macro
def tree(directory, below = "/app"):
    """Declares `:app`: the files of a directory, as a part of a layer.

    Args:
      directory: the directory in the repository.
      below: its place in the image.
    """
    files(
        name = "app",
        srcs = {
            path: below + path.removeprefix(directory)
            # Programs that pip makes name the machine's interpreter.
            for path in native.glob([directory + "/**"], exclude = [directory + "/bin/**"])
        },
        visibility = ["//visibility:public"],
    )
