"""The types that clients ask for, and the question."""

from datetime import date
from typing import Literal, Optional

from pydantic import BaseModel, ConfigDict, Field

QUESTION = "Book a table for Ada and Grace. Answer in JSON."
MESSAGES = [{"role": "user", "content": QUESTION}]


class Guest(BaseModel):
    """Who comes."""

    name: str = Field(pattern="^[A-Z][a-z]{1,8}$")
    age: int


class Booking(BaseModel):
    """A table in a restaurant."""

    day: date
    meal: Literal["lunch", "dinner"]
    guests: list[Guest]
    outside: Optional[bool]


class Seat(BaseModel):
    """Where somebody sits."""

    number: int
    free: bool


class Table(BaseModel):
    """A table, without keywords that clients leave out of the schemas that they send."""

    day: date
    meal: Literal["lunch", "dinner"]
    seats: list[Seat]
    outside: Optional[bool]


class Notes(BaseModel):
    """Any object: all that JSON mode promises, which does not tell the server a schema."""

    model_config = ConfigDict(extra="allow")
