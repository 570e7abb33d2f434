"""How each command of a workflow is tested. A command that is in none of the tables fails."""

PROJECT = {
    # In a copy of the checkout, in which little is released, as a workflow runs them: on two
    # commits, with a registry, a Sigstore and a GitHub on loopback.
    "./bazelw build //:release_plan": "",
    './bazelw run //:release -- --registry "$REGISTRY" --keyless': (
        './bazelw run //:release -- --registry "$REGISTRY" --keyless --insecure --sigstore "$TRUST"'
    ),
    './knife verify --certificate-identity "$IDENTITY" --certificate-oidc-issuer "$ISSUER" '
    '"$REGISTRY/$IMAGE:latest"': (
        './knife verify --certificate-identity "$IDENTITY" --certificate-oidc-issuer "$ISSUER" '
        '"$REGISTRY/$IMAGE:latest" --insecure --sigstore "$TRUST"'
    ),
    "./knife diff-plan HEAD^1 --markdown plan.md": "",
    "./knife diff --since HEAD^1 --exit-zero --markdown diff.md //...": (
        "./knife diff --since HEAD^1 --exit-zero --markdown diff.md //static:static_debian12"
    ),
    './knife comment --name image-diff --pull-request "$PULL_REQUEST" plan.md diff.md': "",
    "./knife lock --check": "",
    './knife propose --branch update --title "Update locked versions" --run-workflow ci.yml '
    "update.md": "",
}
"""Commands, and what runs instead: "" if it is the command. They run in this order."""

ELSEWHERE = {
    "./knife update --markdown update.md": ("tools/update/test_update.py", '"--markdown"'),
}
"""Commands that another test runs: its file, and the text that shows it."""

NOT_RUN = {
    "./bazelw build //...": "this test is a part of it",
    "./bazelw test //...": "this test is a part of it",
    "./knife golden": "builds all images; tests/golden:test_golden tests the tool",
    "./knife lint": "checks the sources, of which a test has no copy; test_linters runs zizmor",
    "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0": "changes the machine; it is the "
    "only command that is not one of this repository",
}
"""Commands that no test runs, and why."""
