"""Runs pip in a repository rule. Only wheels are installed, each verified by its hash, so no code of a package runs."""

load(":find_interpreter.bzl", "HINT", "find_interpreter")

visibility("private")

def pip_install(rctx, subject, requirements, flags = []):
    """Installs the wheels of a requirements.txt into the directory `site-packages`.

    Args:
      rctx: the repository rule's context.
      subject: string or Label, what is installed, for errors.
      requirements: string or path of the requirements.txt, with a hash for each wheel.
      flags: list of strings, further flags of pip.
    """
    result = rctx.execute([
        find_interpreter(rctx).path,
        "-I",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-deps",
        "--no-compile",
        "--only-binary=:all:",
        "--require-hashes",
        "--root-user-action=ignore",
    ] + flags + [
        "--target=site-packages",
        "--requirement=%s" % requirements,
    ])
    if result.return_code != 0:
        fail("%s: pip install failed: %s (hint: %s; pip reads its index, proxy and CA from its own configuration)" % (
            subject,
            result.stderr.strip(),
            HINT,
        ))
