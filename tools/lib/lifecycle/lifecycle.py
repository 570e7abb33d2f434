"""How long images are supported: the data of private/lifecycle.json.

docs/releases.md has the table that is made of it, and says what the dates mean.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    parse_object,
    read_document,
    require_list,
    require_object,
    require_string,
    require_strings,
)

PATH = "private/lifecycle.json"
VERSION = 1
_HINT = f"add it to {PATH}"
_UPDATES = ("debian", "vendor")


@dataclass(frozen=True, slots=True)
class Distribution:
    """A release of Debian.

    Attributes:
        name: `Debian 12`.
        released: the first day.
        support_ends: the last day on which Debian's security team updates all architectures.
        end_of_life: the last day of long-term support.
        long_term_architectures: OCI's names of those that have long-term support; None if Debian
            has not announced them yet.
    """

    name: str
    released: datetime.date
    support_ends: datetime.date
    end_of_life: datetime.date
    long_term_architectures: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime in images.

    Attributes:
        name: `Node.js 24`.
        end_of_life: the last day on which its project makes updates.
        is_vendors: whether its updates come from the project. Debian's own packages get fixes from
            Debian for as long as the release has any.
    """

    name: str
    end_of_life: datetime.date
    is_vendors: bool


@dataclass(frozen=True, slots=True)
class Support:
    """How long an image is supported.

    Attributes:
        image: `nodejs24-debian13`.
        distribution: the release of Debian.
        runtime: the runtime; None if the image has none.
        support_ends: the last day on which all of it gets updates, on all architectures.
        end_of_life: the last day on which it gets any.
    """

    image: str
    distribution: Distribution
    runtime: Runtime | None
    support_ends: datetime.date
    end_of_life: datetime.date


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The whole file.

    Attributes:
        distributions: by name.
        runtimes: by image and distribution.
        images: by image, such as `static`, its distributions.
    """

    distributions: Mapping[str, Distribution]
    runtimes: Mapping[tuple[str, str], Runtime]
    images: Mapping[str, tuple[str, ...]]

    def support(self, image: str, distribution: str, architecture: str = "") -> Support:
        """How long an image is supported.

        Args:
            image: `nodejs24`; `base_nossl`, the name of the target, is `base-nossl`, too.
            distribution: `debian13`.
            architecture: OCI's name; without one, that of the architecture that is supported
                longest, which is what an index says.

        Raises:
            ToolError: the file does not have the image.
        """
        name = image.replace("_", "-")
        if distribution not in self.images.get(name, ()):
            raise ToolError(f"{PATH}: no image {name} of {distribution}", _HINT)
        found = self.distributions[distribution]
        runtime = self.runtimes.get((name, distribution))
        last = found.end_of_life
        long_term = found.long_term_architectures
        if architecture and long_term is not None and architecture not in long_term:
            last = found.support_ends
        supported = min(found.support_ends, last)
        if runtime and runtime.is_vendors:
            last, supported = (min(each, runtime.end_of_life) for each in (last, supported))
        return Support(f"{name}-{distribution}", found, runtime, supported, last)

    def all(self) -> Iterator[Support]:
        """The support of each image, in the order of the file."""
        for image, distributions in self.images.items():
            for distribution in distributions:
                yield self.support(image, distribution)


def read_lifecycle(path: str = PATH) -> Lifecycle:
    """Reads the file.

    Raises:
        ToolError: it is malformed.
    """
    return parse_lifecycle(read_document(path), path)


def parse_lifecycle(data: bytes, where: str) -> Lifecycle:
    """Reads the bytes of the file."""
    document = parse_object(data, where)
    if document.get("version") != VERSION:
        raise ToolError(f"{where}: not a lifecycle file of version {VERSION}")
    distributions = {
        name: _distribution(item, f"{where}: distributions.{name}")
        for name, item in _object(document, "distributions", where)
    }
    images = {
        name: tuple(require_strings(item, f"{where}: images.{name}"))
        for name, item in _object(document, "images", where)
    }
    for name, named in images.items():
        for distribution in named:
            if distribution not in distributions:
                raise ToolError(
                    f"{where}: images.{name}: unknown distribution {distribution!r:.80}"
                )
    runtimes: dict[tuple[str, str], Runtime] = {}
    items = require_list(document.get("runtimes"), f"{where}: runtimes")
    for number, item in enumerate(items):
        place = f"{where}: runtimes[{number}]"
        fields = require_object(item, place)
        runtime = _runtime(fields, place)
        for image in require_strings(fields.get("images"), f"{place}.images"):
            if image not in images:
                raise ToolError(f"{place}.images: unknown image {image!r:.80}")
            listed = fields.get("distributions", list(images[image]))
            for distribution in require_strings(listed, f"{place}.distributions"):
                if (image, distribution) in runtimes:
                    raise ToolError(f"{place}: duplicate entry for {image} of {distribution}")
                runtimes[image, distribution] = runtime
    return Lifecycle(distributions, runtimes, images)


def _object(document: Json, name: str, where: str) -> Iterator[tuple[str, object]]:
    yield from require_object(document.get(name), f"{where}: {name}").items()


def _distribution(value: object, where: str) -> Distribution:
    fields = require_object(value, where)
    listed = fields.get("long_term_architectures")
    place = f"{where}.long_term_architectures"
    return Distribution(
        name=require_string(fields.get("name"), f"{where}.name"),
        released=_date(fields, "released", where),
        support_ends=_date(fields, "support_ends", where),
        end_of_life=_date(fields, "end_of_life", where),
        long_term_architectures=None
        if listed is None
        else frozenset(require_strings(listed, place)),
    )


def _runtime(fields: Json, where: str) -> Runtime:
    updates = require_string(fields.get("updates"), f"{where}.updates")
    if updates not in _UPDATES:
        raise ToolError(f"{where}.updates: must be one of {', '.join(_UPDATES)}")
    return Runtime(
        name=require_string(fields.get("name"), f"{where}.name"),
        end_of_life=_date(fields, "end_of_life", where),
        is_vendors=updates == "vendor",
    )


def _date(fields: Json, name: str, where: str) -> datetime.date:
    text = require_string(fields.get(name), f"{where}.{name}")
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ToolError(f"{where}.{name}: invalid date {text!r:.80}") from None
