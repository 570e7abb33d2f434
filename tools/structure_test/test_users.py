import pytest

from tools.structure_test.users import UnknownUser, User, find_user

PASSWD = """\
root:x:0:0:root:/root:/sbin/nologin
# a comment
+::::::
app:x:1000:100:App:/srv/app:/bin/sh
1000:x:7:7::/seven:/bin/sh
homeless:x:8:8:::/bin/sh
app:x:2000:200:a second one:/srv/other:/bin/sh
huge:x:99999999999:0::/:/bin/sh
huge-group:x:9:99999999999::/:/bin/sh
"""
GROUP = "root:x:0:\nusers:x:100:\nextra:x:500:app,other\nmore:x:501:other,app\n1:x:9:\n"


@pytest.mark.parametrize(
    ("wanted", "user"),
    [
        ("", User(0, 0, frozenset([0]), "/root")),
        ("root", User(0, 0, frozenset([0]), "/root")),
        ("app", User(1000, 100, frozenset([100, 500, 501]), "/srv/app")),
        # Names are tried before numbers.
        ("1000", User(7, 7, frozenset([7]), "/seven")),
        ("2000", User(2000, 200, frozenset([200, 500, 501]), "/srv/other")),
        # A number does not have to be in passwd.
        ("65532", User(65532, 0, frozenset([0]), "/")),
        ("65532:65532", User(65532, 65532, frozenset([65532]), "/")),
        # An explicit group is the only one.
        ("app:extra", User(1000, 500, frozenset([500]), "/srv/app")),
        ("app:1", User(1000, 9, frozenset([9]), "/srv/app")),
        (":users", User(0, 100, frozenset([100]), "/root")),
        ("0001000", User(1000, 100, frozenset([100, 500, 501]), "/srv/app")),
        ("homeless", User(8, 8, frozenset([8]), "/")),
    ],
)
def test_find_user(wanted: str, user: User) -> None:
    assert find_user(wanted, PASSWD, GROUP) == user


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("nobody", "user 'nobody' not found in the image's /etc/passwd"),
        ("app:nobody", "group 'nobody' not found in the image's /etc/group"),
        ("-1", "user '-1' not found in"),
        ("4294967295", "user number out of range: 4294967295"),
        ("0:99999999999", "group number out of range: 99999999999"),
        ("9" * 5000, "user number out of range: 999"),
        ("0:" + "9" * 5000, "group number out of range: 999"),
        ("²", "user '²' not found in"),
        ("huge", "user number out of range: 99999999999"),
        ("huge-group", "group number out of range: 99999999999"),
    ],
)
def test_unknown_users_and_groups(wanted: str, message: str) -> None:
    with pytest.raises(UnknownUser) as error:
        find_user(wanted, PASSWD, GROUP)
    assert message in str(error.value)


def test_images_without_passwd_have_numbers_and_root() -> None:
    assert find_user("", "", "") == User(0, 0, frozenset([0]), "/")
    assert find_user("5:6", "", "") == User(5, 6, frozenset([6]), "/")
