"""The macro of the repositories of packages of a language."""

load("//rules:rootfs.bzl", "files")

# Generated repositories load it.
visibility("public")

# buildifier: disable=unnamed-macro
def tree(directory, path = "/app"):
    """Declares `:app`, a part with the files of a directory.

    Args:
      directory: string, a directory of the repository.
      path: string, absolute path of the directory in the image.
    """
    files(
        name = "app",
        srcs = {
            file: path + file.removeprefix(directory)
            # Scripts that pip writes start with the path of the machine's interpreter.
            for file in native.glob([directory + "/**"], exclude = [directory + "/bin/**"])
        },
        visibility = ["//visibility:public"],
    )
