"""What no request may carry, wherever its body is read."""

from collections.abc import Iterable

from django.core.exceptions import BadRequest
from django.http import QueryDict


def refuse_nul(values: Iterable[str]) -> None:
    """Stop a NUL before it comes to a database that cannot hold it.

    Raises:
        BadRequest: One of the values contains it.
    """
    if any("\x00" in value for value in values):
        raise BadRequest("A NUL character is in the request.")


def refuse_nul_in(form: QueryDict) -> None:
    """Stop a form with a NUL in a name or a value.

    Raises:
        BadRequest: One is there.
    """
    for name, given in form.lists():
        refuse_nul([name, *given])
