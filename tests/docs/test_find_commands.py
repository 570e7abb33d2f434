import textwrap

from tests.docs.commands import find_blocks, find_commands

PAGE = textwrap.dedent(
    """\
    Run `./knife lint --fix`, `bazel run` or `rm -rf x`:

        ./bazelw test //a      # one tool
        A=b bazel run @c//:d -- \\
          --e=f
        load("@distroless//rules:oci.bzl", "oci_image")

        skopeo copy a b

    - an item
        docker run what continues a paragraph

    ```sh
    $ crane push a b
    ```

    ```starlark
    # BUILD.bazel
    bazel build x
    ```

    ```
    podman load --input=x
    ```
    """
)


def test_commands_are_found_in_blocks_and_inline() -> None:
    assert find_commands(PAGE) == [
        "./knife lint --fix",
        "./bazelw test //a",
        "A=b bazel run @c//:d -- --e=f",
        "skopeo copy a b",
        "crane push a b",
        "podman load --input=x",
    ]


def test_blocks_are_found_by_language() -> None:
    assert find_blocks(PAGE, "starlark") == ["# BUILD.bazel\nbazel build x\n"]
