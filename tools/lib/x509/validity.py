"""Reads the start of a certificate's validity."""

from __future__ import annotations

import datetime

from tools.lib.x509 import der

_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18


def not_before(certificate: bytes) -> int:
    """Returns the certificate's notBefore in seconds since 1970; negative before that.

    RFC 5280, 4.1.2.5: UTCTime YYMMDDHHMMSSZ for the years from 1950 to 2049, and GeneralizedTime
    YYYYMMDDHHMMSSZ for others.

    Raises:
        ValueError: `certificate` is not a certificate, or its notBefore has another form.
    """
    times = list(der.read_values(der.fields(certificate)[3].content))
    if len(times) != 2:
        raise ValueError("not a Validity")
    text = times[0].content.decode("ascii")
    if times[0].tag == _UTC_TIME and len(text) == 13:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif times[0].tag != _GENERALIZED_TIME:
        raise ValueError("notBefore is not a time")
    if len(text) != 15 or text[14] != "Z" or not text[:14].isdigit():
        raise ValueError(f"notBefore {text!r:.40} is not a time of RFC 5280")
    month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(4, 14, 2))
    begin = datetime.datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=datetime.UTC)
    return int(begin.timestamp())
