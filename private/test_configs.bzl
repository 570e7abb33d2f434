"""Configs of structure tests, which may be templates."""

load("@bazel_skylib//rules:expand_template.bzl", "expand_template")

visibility("private")

def test_configs(prefix, labels, substitutions, common):
    """The configs that labels stand for. A template (`*.yaml.in`) stands for its expansion, which is declared.

    Args:
      prefix: string, what names of expansions begin with.
      labels: list of labels of configs and templates.
      substitutions: dict from a name in braces to the string that replaces it.
      common: dict, attributes of the targets that are declared.

    Returns:
      A list of labels.
    """
    configs = []
    for label in labels:
        if label.endswith(".in"):
            config = "%s.%s" % (prefix, label.rsplit("/", 1)[-1].removesuffix(".in"))
            expand_template(
                name = config + "_config",
                out = config,
                substitutions = {"{%s}" % key: value for key, value in substitutions.items()},
                template = label,
                **common
            )
            label = config
        configs.append(label)
    return configs
