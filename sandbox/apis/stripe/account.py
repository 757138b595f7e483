"""The account itself."""

from __future__ import annotations

from sandbox.apis.stripe.books import Books, Object
from sandbox.apis.stripe.call import Call
from sandbox.apis.stripe.forms import Params


def retrieve_account(call: Call) -> Object:
    """Whose key it is."""
    call.params(Params)
    return account(call.books)


def account(books: Books) -> Object:
    """The account, which has no ID before somebody asks for it."""
    known = next(books.all("account"), None)
    return known or books.put(books.blank("account"))
