"""What a model replied, as a server takes it apart."""

from dataclasses import dataclass, field


@dataclass
class Reply:
    """A thought, calls, and the text between. `calls` are (name, arguments); arguments that are not a JSON object are None."""
    text: str
    thought: str | None = None
    calls: list = field(default_factory=list)
