"""Each request of schemathesis comes from another address, as if from another client: the limits of one address are
reached late, and deeper answers are reached. Each run names the same addresses. `/metrics` is there for programs on the
same machine alone, so it is asked directly."""

import itertools

import schemathesis

NUMBERS = itertools.count(1)


@schemathesis.hook
def before_call(context, case, **kwargs):
    number = next(NUMBERS)
    if case.operation.path != "/metrics":
        address = f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
        case.headers["X-Forwarded-For"] = address
