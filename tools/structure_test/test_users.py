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
"""
GROUP = "root:x:0:\nusers:x:100:\nextra:x:500:app,other\nmore:x:501:other,app\n1:x:9:\n"


@pytest.mark.parametrize(
    ("wanted", "user"),
    [
        ("", User(0, 0, frozenset([0]), "/root")),
        ("root", User(0, 0, frozenset([0]), "/root")),
        ("app", User(1000, 100, frozenset([100, 500, 501]), "/srv/app")),
        # A name goes before a number.
        ("1000", User(7, 7, frozenset([7]), "/seven")),
        ("2000", User(2000, 200, frozenset([200, 500, 501]), "/srv/other")),
        # A number need not be known.
        ("65532", User(65532, 0, frozenset([0]), "/")),
        ("65532:65532", User(65532, 65532, frozenset([65532]), "/")),
        # A group that is named is the only one.
        ("app:extra", User(1000, 500, frozenset([500]), "/srv/app")),
        ("app:1", User(1000, 9, frozenset([9]), "/srv/app")),
        (":users", User(0, 100, frozenset([100]), "/root")),
        ("homeless", User(8, 8, frozenset([8]), "/")),
    ],
)
def test_users_are_looked_up_in_the_image(wanted: str, user: User) -> None:
    assert find_user(wanted, PASSWD, GROUP) == user


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("nobody", "the user 'nobody' is not in the image's /etc/passwd"),
        ("app:nobody", "the group 'nobody' is not in the image's /etc/group"),
        ("-1", "the user '-1' is not in"),
        ("4294967295", "4294967295 is not the number of a user"),
        ("0:99999999999", "99999999999 is not the number of a group"),
    ],
)
def test_who_is_not_there(wanted: str, message: str) -> None:
    with pytest.raises(UnknownUser) as error:
        find_user(wanted, PASSWD, GROUP)
    assert message in str(error.value)


def test_an_image_without_users_has_numbers_and_root() -> None:
    assert find_user("", "", "") == User(0, 0, frozenset([0]), "/")
    assert find_user("5:6", "", "") == User(5, 6, frozenset([6]), "/")
