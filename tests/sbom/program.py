"""A program with wheels."""

import jinja2

print(jinja2.__version__)
