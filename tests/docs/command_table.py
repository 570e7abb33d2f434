"""How each command of the documentation is tested.

A command that is in none of the tables fails test_commands.py.
"""

PROJECT = {
    # In a copy of the checkout, as written.
    "./bazelw build //static:static_debian12": "",
    "./bazelw build --output_groups=oci_tarball //static:static_amd64_debian12": "",
    "./bazelw test //static:static_amd64_debian12_test --test_output=all": "",
    "./bazelw test //tools/deb/...": "",
    "./knife docs": "",
    "./knife help": "",
    "./knife lock --check": "",
    "./bazelw run //tools/lock": "./bazelw run //tools/lock -- path/to/a.yaml",
    "python3 -m pytest tools/deb": "",
    # The targets exist. `./bazelw test //...`, which runs this test, builds and tests them.
    "./bazelw build //examples/server:image": "./bazelw query //examples/server:image",
    "./bazelw test //<folder>/...": "./bazelw query 'tests(//cc/...)'",
    "./bazelw test //examples/...": "./bazelw query 'tests(//examples/...)'",
    "./bazelw test //nodejs/...": "./bazelw query 'tests(//nodejs/...)'",
    "./bazelw test //static/... //base/...": "./bazelw query 'tests(//static/... + //base/...)'",
    "./bazelw run //tests/hostile:fuzz -- --seconds 3600": "./bazelw query //tests/hostile:fuzz",
}
"""Commands in this repository, and what runs instead: "" if it is the command."""

WORKSPACE = {
    "bazel build //...": "",
    "bazel build //:image": "",
    "bazel build //:image.digest": "test $(bazel build //:image.digest && "
    "wc -c < bazel-bin/image.json.sha256) = 71",
    "bazel build --@distroless//rules:compression=zstd //:image": "",
    "bazel run //:image_test -- --output json --test-report report.json": "",
    "bazel run //:push -- --dry-run --tag v2 --repository registry.example.com/team/other": "",
    "bazel run @bookworm//:lock -- diff OLD": "bazel run @tools//:lock -- diff bookworm.lock.json",
    "bazel run @redis//:lock -- why passwd": "bazel run @tools//:lock -- why libsqlite3-0",
    "bazel run @distroless//tools/lock -- bookworm.yaml": (
        "bazel run @distroless//tools/lock -- packages.yaml"
    ),
    "bazel run @distroless//tools/lock -- import FILE NEW.yaml [SET]": (
        "bazel run @distroless//tools/lock -- import theirs.yaml new.yaml; test -s new.yaml"
    ),
    "bazel run @distroless//tools/structure_test -- --help": "",
    "bazel run @distroless//tools/structure_test -- --image path/to/layout --config image.yaml": (
        "bazel build //:one; "
        "bazel run @distroless//tools/structure_test -- --image bazel-bin/one --config image.yaml"
    ),
}
"""Commands in a user's workspace, and what runs instead."""

LAST = {
    "./bazelw shutdown": "",
    "rm -rf ~/.cache/distroless/bazelw": (
        "HOME=$PWD/home; mkdir -p ~/.cache/distroless/bazelw; rm -rf ~/.cache/distroless/bazelw; "
        "test ! -e ~/.cache/distroless/bazelw"
    ),
}
"""Commands in this repository that run after the others."""

ELSEWHERE = {
    **dict.fromkeys(
        ["bazel run @bookworm//:lock", "bazel run @trixie//:lock", "bazel run @<name>//:lock"],
        ("tests/e2e/test_workspace.py", 'bazel.succeed("run", "@tools//:lock")'),
    ),
    **dict.fromkeys(
        [
            "bazel run //:push",
            "bazel run //:push -- --repository registry.example.com/curl",
            "bazel run //:push -- --tag v1.2",
        ],
        (
            "tests/registry/test_workspace.py",
            '"run", status, "//:push", "--", "-r", repository, "-t", "mine", "--insecure"',
        ),
    ),
    "bazel build --output_groups=tarball //:load": (
        "tests/registry/test_workspace.py",
        '"//:load", "--output_groups=tarball"',
    ),
    "bazel build //:load": ("tests/docs/snippet_table.py", '"howto.md: Push and load",'),
    "crane digest registry.example.com/team/app:latest": (
        "tests/clients/test_readme.py",
        'run("crane", "digest", reference)',
    ),
    **dict.fromkeys(
        [
            "crane push bazel-bin/static/static_debian12 registry.example.com/static:latest",
            "docker load --input bazel-bin/static/static_amd64_debian12.oci.tar",
            "podman load --input bazel-bin/static/static_amd64_debian12.oci.tar",
            "skopeo copy --all oci:bazel-bin/static/static_debian12 "
            "docker://registry.example.com/static:latest",
        ],
        ("tests/clients/test_readme.py", 'CLIENTS = ("crane", "docker", "podman", "skopeo")'),
    ),
}
"""Commands that another test runs: its file, and the text that shows it."""

NOT_RUN = {
    "./bazelw test //...": "this test is a part of it",
    "./knife golden": "builds all images; tests/golden:test_golden tests the tool",
    "./knife lint": "CI runs it on each change; it checks the sources, of which a test has no copy",
    "./knife lint --fix": "changes the sources; CI runs ./knife lint",
    "./knife lock": "downloads the current indexes; tools/lock tests it on a server of its own",
    "./knife lock private/lock/bazelw.yaml": "downloads the current indexes",
    **dict.fromkeys(
        ["bazel run @bookworm//:lock -- --update", "bazel run @tools//:lock -- --update"],
        "downloads the current indexes; tools/lock:test_stable tests it on a server of its own",
    ),
    "bazel run @tools//:lock -- --credential-helper packages.example.com=%workspace%/tools/"
    "credential_helper": "needs the repository; tools/lock:test_credentials has one of its own",
    **dict.fromkeys(
        [
            "bazel run //:load",
            "bazel run //:load -- --loader podman",
            "docker load --input bazel-bin/load.tar",
            "docker run --rm curl:latest --version",
        ],
        "needs a daemon; tests/clients:test_readme has skopeo read such archives",
    ),
    "podman run --rm -p 8080:8080 $(podman pull --quiet oci:bazel-bin/examples/server/image)": (
        "needs podman, which needs namespaces that Bazel's tests may not make; the image's "
        "structure test starts the server"
    ),
}
"""Commands that no test runs, and why."""
