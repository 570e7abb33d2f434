import pytest

from tools.lib.registry.challenge import Basic, Bearer, Challenge, parse_challenge

HUB = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Basic realm="x"', Basic()),
        ("basic", Basic()),
        (HUB, Bearer("https://auth.docker.io/token", "registry.docker.io", ())),
        (
            HUB + ',scope="repository:a:pull,push repository:b:pull"',
            Bearer(
                "https://auth.docker.io/token",
                "registry.docker.io",
                ("repository:a:pull,push", "repository:b:pull"),
            ),
        ),
        # Two challenges in one header: a token is preferred to the password.
        ('Basic realm="r", Bearer realm="https://t/"', Bearer("https://t/", "", ())),
        (r'Bearer realm="https://t/?a=\"b\""', Bearer('https://t/?a="b"', "", ())),
        ("Negotiate", None),
        ("Bearer", None),
        ("", None),
    ],
)
def test_challenges(header: str, expected: Challenge | None) -> None:
    assert parse_challenge(header) == expected
