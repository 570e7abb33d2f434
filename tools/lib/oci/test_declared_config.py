from pathlib import Path

import pytest

from tools.lib.cli.flags import Parser
from tools.lib.oci.declarations import add_flags, read_declarations
from tools.lib.oci.declared_config import declared_config, expand
from tools.lib.oci.descriptor import Platform
from tools.lib.oci.image_config import ImageConfig, RunConfig
from tools.lib.oci.image_options import ImageOptions


@pytest.mark.parametrize(
    ("env", "added", "expected"),
    [
        (["PATH=/bin"], {"PATH": "/opt:$PATH"}, ["PATH=/opt:/bin"]),
        (["A=1", "B=2"], {"A": "${B}x", "C": "$A"}, ["A=2x", "B=2", "C=2x"]),
        ([], {"A": "-$NONE${NONE}-"}, ["A=--"]),
        ([], {"A": "$", "B": "$-", "C": "100%", "D": "${A"}, ["A=$", "B=$-", "C=100%", "D=${A"]),
        (["A=b=c"], {"B": "$A"}, ["A=b=c", "B=b=c"]),
        (["X=$Y"], {"Z": "$X"}, ["X=$Y", "Z=$Y"]),
    ],
)
def test_env_values_refer_to_the_variables_before_them(
    env: list[str], added: dict[str, str], expected: list[str]
) -> None:
    assert expand(env, added) == tuple(expected)


def test_an_image_adds_to_the_config_of_its_base() -> None:
    base = declared_config(ImageOptions(os="linux", architecture="arm", variant="v7"), None)
    assert base == ImageConfig(Platform("linux", "arm", "v7"))
    config = declared_config(ImageOptions(user="1", cmd=("a",)), base)
    assert config == ImageConfig(
        Platform("linux", "arm", "v7"), run=RunConfig(user="1", cmd=("a",))
    )


def test_files_of_options_belong_to_images_by_their_number(tmp_path: Path) -> None:
    (tmp_path / "base").write_text('{"version": 1, "os": "linux", "architecture": "amd64"}')
    (tmp_path / "image").write_text('{"version": 1}')
    (tmp_path / "cmd").write_text("a\n")
    parser = Parser("tool", "")
    add_flags(parser)
    images = [
        word for name in ("base", "image") for word in ("--image", name, f"{tmp_path}/{name}")
    ]
    found = read_declarations(parser.parse_args([*images, "--cmd-file", "1", f"{tmp_path}/cmd"]))
    assert [(each.label, each.options.cmd) for each in found] == [("base", None), ("image", ("a",))]
