"""Renders a page: what pip installs, with a library in C, runs on the image's own Python."""

import sys

import jinja2
import markupsafe
from markupsafe import _speedups

_PAGE = jinja2.Environment(autoescape=True).from_string(
    "<ul>{% for name in names %}<li>{{ name }}</li>{% endfor %}</ul>"
)


def main() -> int:
    # MarkupSafe falls back to Python where its library does not load.
    if markupsafe._escape_inner is not _speedups._escape_inner:
        print("MarkupSafe without its library", file=sys.stderr)
        return 1
    print(_PAGE.render(names=sys.argv[1:] or ["Ada & Grace", "<Zoë>"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
