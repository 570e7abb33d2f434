"""How each command of the documentation is tested.

A command that is in none of the tables fails test_commands.py.
"""

PROJECT = {
    # In a copy of the checkout, as written.
    "./bazelw build //static:static_debian12": "",
    "./bazelw build --@distroless//rules:compression=gzip //static:static_debian12": "",
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
    "./bazelw test //tests/consumers:all --test_output=all --nocache_test_results": (
        "./bazelw query 'tests(//tests/consumers:all)'"
    ),
    "./bazelw test //nodejs/...": "./bazelw query 'tests(//nodejs/...)'",
    "./bazelw test //static/... //base/...": "./bazelw query 'tests(//static/... + //base/...)'",
    # All that the declarations release is in the plan. tests/release builds a part of it.
    "./bazelw build //:release_plan": (
        'test -z "$(./bazelw query \'kind("release_entries rule", //...) '
        "except labels(entries, //:release_plan)')\" && echo all"
    ),
    "./bazelw run //tests/bench:updates": "./bazelw query //tests/bench:updates",
    "./bazelw run //tests/hostile:fuzz -- --seconds 3600": "./bazelw query //tests/hostile:fuzz",
    "./bazelw run //tests/bench:build": "./bazelw query //tests/bench:build",
    "./bazelw run //tests/bench:deb": "./bazelw query //tests/bench:deb",
    "./bazelw run //tests/bench:diff": "./bazelw query //tests/bench:diff",
    "./bazelw run //tests/bench:matrix": "./bazelw query //tests/bench:matrix",
    "./bazelw run //tests/bench:remote": "./bazelw query //tests/bench:remote",
    "./bazelw run //tests/bench:release": "./bazelw query //tests/bench:release",
    "./bazelw build --profile=/tmp/profile.gz //cc:cc_amd64_debian12": (
        "./bazelw query //cc:cc_amd64_debian12"
    ),
}
"""Commands in this repository, and what runs instead: "" if it is the command."""

WORKSPACE = {
    "bazel run @distroless//tools/diff -- A B": (
        "bazel build //:one; bazel run @distroless//tools/diff -- bazel-bin/one bazel-bin/one"
    ),
    "bazel build //...": "",
    "bazel build //:image": "",
    "bazel build //:sbom": "bazel build //index:sbom",
    "bazel build //:image.digest": "test $(bazel build //:image.digest && "
    "wc -c < bazel-bin/image.json.sha256) = 71",
    "bazel build --@distroless//rules:compression=zstd //:image": "",
    "bazel build --@distroless//rules:workers=no //:image": "",
    "bazel run //:image_test -- --output json --test-report report.json": "",
    "bazel run //:push -- --dry-run --tag v2 --repository registry.example.com/team/other": "",
    "bazel run @bookworm//:lock -- diff OLD": "bazel run @tools//:lock -- diff bookworm.lock.json",
    "bazel run @bookworm//:lock -- why foo": "bazel run @tools//:lock -- why libsqlite3-0",
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
        [
            "./knife diff A B",
            "./knife diff //static:static_debian12@HEAD~1 //static:static_debian12",
        ],
        ("tests/diff/test_labels.py", 'diff(bazel, f"{IMAGE}@HEAD", IMAGE)'),
    ),
    "./knife diff --since main //java/... //nodejs/...": (
        "tests/diff/test_labels.py",
        'diff(bazel, "--since", "HEAD", IMAGE, index, "//:all")',
    ),
    **dict.fromkeys(
        [
            "./knife comment --pull-request 12 plan.md diff.md",
            './knife propose --branch update --title "Update locked versions" update.md',
        ],
        ("tests/workflows/test_steps.py", "for command, instead in PROJECT.items():"),
    ),
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
            '"run", STATUS, "//:push", "--", "-r", repository, "-t", "mine", "--insecure"',
        ),
    ),
    "bazel build --config=remote //:image": (
        "tests/remote/test_remote.py",
        'bazel.succeed("build", *flags, *targets)',
    ),
    "bazel build --disk_cache=$HOME/.cache/bazel-disk //:image": (
        "tests/remote/test_remote.py",
        'flags = [f"--{kind}={cache}", MINIMAL]',
    ),
    "bazel build --remote_executor=grpc://127.0.0.1:8980 --spawn_strategy=remote //:image": (
        "tests/remote/test_remote.py",
        'f"--remote_executor=grpc://{service.host}"',
    ),
    "bazel run --config=remote //:push": (
        "tests/remote/test_remote.py",
        'self.bazel.succeed("run", *self.flags, MINIMAL, cas, *push, *flags)',
    ),
    "bazel build --output_groups=tarball //:load": (
        "tests/registry/test_workspace.py",
        '"//:load", "--output_groups=tarball"',
    ),
    "bazel build //:load": ("tests/docs/snippet_table.py", '"howto.md: Push and load",'),
    "bazel build //:provenance": (
        "tests/docs/snippet_table.py",
        '"provenance.md: For an image of your own",',
    ),
    "cosign attest --key cosign.key --type slsaprovenance1 "
    "--predicate bazel-bin/provenance.provenance.json IMAGE@sha256:...": (
        "tests/signatures/test_cosign.py",
        'succeed("cosign", "attest", *flags, *kind, reference)',
    ),
    **dict.fromkeys(
        [
            "cosign verify --key cosign.pub --insecure-ignore-tlog IMAGE@sha256:...",
            "cosign verify --key cosign.pub --insecure-ignore-tlog "
            "localhost:5000/distroless/static-debian12:latest",
        ],
        ("tests/signatures/cosign.py", '"cosign", "verify", "--key", str(key), OFFLINE, reference'),
    ),
    **{
        f"cosign verify-attestation --key cosign.pub --insecure-ignore-tlog "
        f"--type {flags} IMAGE@sha256:...": ("tests/signatures/test_cosign.py", text)
        for flags, text in {
            "slsaprovenance1": '"slsaprovenance1": (PROVENANCE,',
            "spdxjson": '"spdxjson": (SPDX,',
            "slsaprovenance1 --policy policy.cue": '"--policy", "policy.cue"',
        }.items()
    },
    "cosign verify --certificate-identity IDENTITY --certificate-oidc-issuer ISSUER "
    "IMAGE@sha256:...": (
        "tests/signatures/test_keyless.py",
        'succeed("cosign", "verify", *flags, IDENTITY, reference)',
    ),
    "cosign tree IMAGE@sha256:...": (
        "tests/signatures/test_cosign.py",
        'succeed("cosign", "tree", reference)',
    ),
    "oras discover IMAGE@sha256:...": (
        "tests/signatures/test_cosign.py",
        'succeed("oras", "discover", "--plain-http", "--format=json", reference)',
    ),
    **dict.fromkeys(
        [
            "./knife verify IMAGE@sha256:... --key cosign.pub",
            "./knife verify registry.example.com/distroless/static-debian12@sha256:3cff9775… "
            "--key cosign.pub",
        ],
        ("tests/verify/test_rebuild.py", 'f"./knife verify {self.host}/team/app@{digest} {flags}"'),
    ),
    "crane digest gcr.io/distroless/static-debian13:nonroot": (
        "tests/consumers/released.py",
        'succeed("crane", "digest", self.name(image))',
    ),
    **{
        command: ("tests/consumers/test_platforms.py", text)
        for command, text in {
            "crane digest --platform linux/arm64 IMAGE@sha256:...": (
                'flags = ("--platform", name, registry.pinned(IMAGE))'
            ),
            "ctr images pull --platform linux/arm64 IMAGE@sha256:...": (
                'engine.run(*pull, "--platform", image.platform, registry.pinned(IMAGE))'
            ),
            "ctr images pull IMAGE@sha256:...": "engine.run(*pull, shell)",
            "ctr run --rm IMAGE@sha256:... app": (
                'flags = ("--rm", "--snapshotter=native", shell, "app")'
            ),
            "docker pull --platform linux/arm64 IMAGE@sha256:...": (
                'engine.run("pull", "--platform", image.platform, registry.pinned(IMAGE))'
            ),
            "docker run --rm IMAGE@sha256:...": (
                'flags = ("--rm", "--network=none", "--entrypoint=/busybox/busybox")'
            ),
            "podman pull --arch arm64 IMAGE@sha256:...": (
                'choice = ("--quiet", "--tls-verify=false", "--arch", image.architecture)'
            ),
            "podman run --rm IMAGE@sha256:...": 'engine.run("run", *flags, shell, "uname", "-m")',
            "skopeo --override-arch arm64 inspect docker://IMAGE@sha256:...": (
                'succeed("skopeo", choice, "inspect", *flags)'
            ),
        }.items()
    },
    **dict.fromkeys(
        [
            "buildah build --tag app examples/go",
            "docker build --tag app examples/go",
        ],
        (
            "tests/consumers/test_dockerfiles.py",
            '@pytest.fixture(scope="module", params=["docker", "buildah"])',
        ),
    ),
    "podman build --tag app examples/go": (
        "tests/consumers/test_dockerfiles.py",
        "test_podman_builds_as_buildah_does",
    ),
    "mvn --file examples/java compile jib:build": (
        "tests/consumers/test_jib.py",
        '"jib:build",',
    ),
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
    **dict.fromkeys(
        [
            "./bazelw run //:release -- --registry HOST/PROJECT --sign-key cosign.key",
            "./bazelw run //:release -- --registry localhost:5000/distroless --insecure "
            "--sign-key cosign.key --only static-debian12",
            "cosign generate-key-pair",
            "docker run --detach --publish 5000:5000 registry:2",
            "./knife diff-plan <commit>",
            "./knife diff-plan main.json",
            "./knife diff-plan HEAD~1",
        ],
        "builds all images; tests/release and tools/diff_plan test the programs",
    ),
    "./bazelw test //...": "this test is a part of it",
    "./knife golden": "builds all images; tests/golden:test_golden tests the tool",
    "./knife lint": "CI runs it on each change; it checks the sources, of which a test has no copy",
    "./knife lint --fix": "changes the sources; CI runs ./knife lint",
    "./knife lock": "downloads the current indexes; tools/lock tests it on a server of its own",
    "./knife lock private/lock/bazelw.yaml": "downloads the current indexes",
    "./knife outdated": "downloads the current indexes; tools/outdated tests it on its own servers",
    **dict.fromkeys(
        [
            "./knife update",
            "./knife update --check",
            "./knife update debian nodejs",
            "./knife update nodejs",
        ],
        "downloads the current indexes; tools/update tests it on servers of its own",
    ),
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
    **dict.fromkeys(
        [
            "grype --vex vex.json gcr.io/distroless/cc-debian12",
            "grype sbom:sbom.cdx.json",
            "trivy image --vex oci gcr.io/distroless/cc-debian12",
            "trivy sbom sbom.spdx.json",
        ],
        "downloads vulnerability data; tests/sbom reads the documents with other programs",
    ),
    "syft convert sbom.spdx.json -o table": "tests/sbom:test_sbom runs it on other documents",
    "podman run --rm -p 8080:8080 $(podman pull --quiet oci:bazel-bin/examples/server/image)": (
        "needs podman, which needs namespaces that Bazel's tests may not make; the image's "
        "structure test starts the server"
    ),
}
"""Commands that no test runs, and why."""
