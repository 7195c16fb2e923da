"""Tools that nobody has seen before, and sentences that ask for them.

A tool is a verb and a noun; a request for it names the noun. Each parameter brings the words with which its value stands in
the sentence.
"""

from dataclasses import dataclass

from conversation import Call, Tool
from corpus import words
from corpus.fact_tables import DAYS
from corpus.grammar import TEST, a, belongs, capitalized, say
from corpus.translation_tables import LANGUAGES

# The verb in a tool's name, how a request says it, and how a description says it.
VERBS = [
    ("get", "(Get|Give me|Show me|Fetch|I need|Tell me|I want)", "(Get|Gets|Return|Returns|Retrieve|Fetch)"),
    ("find", "(Find|Look for|Search for|I am looking for|Find me)", "(Find|Finds|Search for|Look up)"),
    ("create", "(Create|Make|Add|Please create|Make me)", "(Create|Creates|Make|Add)"),
    ("delete", "(Delete|Remove|Please delete|Cancel)", "(Delete|Deletes|Remove|Cancel)"),
    ("update", "(Update|Change|Please update)", "(Update|Updates|Change|Modify)"),
    ("book", "(Book|Reserve|Please book|I want to book)", "(Book|Books|Reserve)"),
    ("send", "(Send|Please send|I want to send)", "(Send|Sends|Deliver)"),
    ("check", "(Check|Please check|Can you check)", "(Check|Checks|Look at)"),
    ("start", "(Start|Please start|Run|Begin)", "(Start|Starts|Run|Begin)"),
    ("stop", "(Stop|Please stop|End)", "(Stop|Stops|End)"),
    ("order", "(Order|Please order|I want to order|Buy)", "(Order|Orders|Buy)"),
    ("list", "(List|Show me|Please list)", "(List|Lists|Show)"),
]
NOUNS = ["weather", "forecast", "order", "invoice", "ticket", "flight", "hotel", "room", "table", "taxi", "song", "playlist", "film", "email",
         "message", "letter", "reminder", "alarm", "timer", "meeting", "event", "task", "note", "file", "folder", "report", "user", "account",
         "payment", "refund", "package", "delivery", "product", "price", "stock", "recipe", "pizza", "book", "page", "article", "news",
         "photo", "picture", "video", "map", "route", "train", "bus", "car", "parking", "lamp", "heater", "door", "camera", "sensor",
         "server", "job", "build", "backup", "database", "password", "contact", "address", "customer", "employee", "course", "lesson",
         "patient", "doctor", "appointment", "library", "museum", "game", "score", "team", "translation", "currency", "loan", "contract"]


@dataclass(frozen=True)
class Parameter:
    """A parameter: its name, its schema, the words around its value, and how a value is made."""
    name: str
    schema: dict
    words: str
    make: object


def _string(**more):
    return {"type": "string", **more}


PARAMETERS = [
    Parameter("city", _string(), " (in|for) {v}", words.name),
    Parameter("location", _string(), " (in|at|near) {v}", words.name),
    Parameter("name", _string(), " (called|named) {v}", words.name),
    Parameter("person", _string(), " for {v}", words.person),
    Parameter("recipient", _string(), " to {v}", words.person),
    Parameter("user", _string(), " (of|for) the user {v}", words.name),
    Parameter("id", _string(), " with (the |)id {v}", words.identifier),
    Parameter("order_id", _string(), " (for|of) order {v}", words.identifier),
    Parameter("code", _string(), " with (the |)code {v}", words.identifier),
    Parameter("query", _string(), " about {v}", lambda rng, split: words.phrase(rng, split, (1, 2))),
    Parameter("text", _string(), " (saying|with the text) \"{v}\"", lambda rng, split: words.phrase(rng, split, (1, 4))),
    Parameter("title", _string(), " with the title \"{v}\"", lambda rng, split: words.phrase(rng, split, (1, 3))),
    Parameter("day", _string(), " on {v}", lambda rng, split: rng.choice(DAYS)),
    Parameter("language", _string(), " in {v}", lambda rng, split: rng.choice(LANGUAGES + ["English"])),
    Parameter("count", {"type": "integer"}, " with a count of {v}", lambda rng, split: rng.randint(1, 99)),
    Parameter("limit", {"type": "integer"}, " with (at most {v} results|a limit of {v})", lambda rng, split: rng.randint(1, 50)),
    Parameter("minutes", {"type": "integer"}, " for {v} minutes", lambda rng, split: rng.randint(1, 90)),
    Parameter("people", {"type": "integer"}, " for {v} people", lambda rng, split: rng.randint(1, 12)),
    Parameter("hour", {"type": "integer"}, " at {v} o'clock", lambda rng, split: rng.randint(0, 23)),
    Parameter("amount", {"type": "number"}, " for {v} euros", lambda rng, split: rng.randint(2, 500)),
    Parameter("color", _string(), " in {v}", lambda rng, split: rng.choice(words.COLOURS)),
    Parameter("priority", _string(enum=["low", "medium", "high"]), " with {v} priority", lambda rng, split: rng.choice(["low", "medium", "high"])),
    Parameter("size", _string(enum=["small", "medium", "large"]), " in size {v}", lambda rng, split: rng.choice(["small", "medium", "large"])),
    Parameter("format", _string(enum=["pdf", "csv", "html"]), " as {v}", lambda rng, split: rng.choice(["pdf", "csv", "html"])),
]
# A sentence with two of these could be read in two ways.
ALIKE = {"city", "location", "language", "color", "person", "order_id", "user"}


@dataclass
class Wanted:
    """A tool, and a way to ask for it."""
    tool: Tool
    noun: str
    verb: int
    parameters: list

    def request(self, rng, split):
        """An order in the imperative without a final stop, and the call that it asks for."""
        said = say(rng, VERBS[self.verb][1])
        text = f"{said} {rng.choice(['the', 'the', a(self.noun).split()[0]])} {self.noun}"
        arguments = {}
        required = self.tool.parameters.get("required", [])
        for parameter in sorted(self.parameters, key=lambda one: one.name == "text"):
            if parameter.name in required or rng.random() < 0.35:
                value = parameter.make(rng, split)
                arguments[parameter.name] = value
                text += say(rng, parameter.words, v=value)
        # A model writes arguments in the order of the schema.
        ordered = {name: arguments[name] for name in self.tool.parameters["properties"] if name in arguments}
        return text, Call(self.tool.name, ordered)


def noun(rng, split):
    """A known noun, or one of syllables. A verb and a noun that evaluation offers are never trained on together."""
    return rng.choice(NOUNS) if rng.random() < 0.6 else words.word(rng, split)


def _name(rng, verb, thing, style):
    return {"snake": f"{verb}_{thing}", "camel": f"{verb}{capitalized(thing)}", "bare": thing, "kebab": f"{verb}-{thing}"}[style]


def tool(rng, split, excluded=(), style=None):
    """A tool whose noun is none of `excluded`."""
    style = style or rng.choice(["snake", "snake", "snake", "camel", "bare", "kebab"])
    while True:
        thing, verb = noun(rng, split), rng.randrange(len(VERBS))
        if thing not in excluded and belongs(f"tool {VERBS[verb][0]} {thing}", split):
            break
    parameters = _parameters(rng)
    required = [one.name for i, one in enumerate(parameters) if i == 0 or rng.random() < 0.6]
    properties = {one.name: dict(one.schema) for one in parameters}
    schema = {"type": "object", "properties": properties, "required": required}
    name = _name(rng, VERBS[verb][0], thing, style)
    about = say(rng, VERBS[verb][2])
    names = " and ".join(one.name.replace("_", " ") for one in parameters)
    description = say(rng, "{d} (the {t}|{s}|one {t})(.|)|{d} the {t} (by|for|with) (the |a given |){p}(.|)|"
                           "{d} {t} data(.|)|(Use this to|A tool to) {v} ({s}|the {t})(.|)|",
                      d=about, t=thing, s=a(thing), p=names, v=VERBS[verb][0])
    if split != TEST and rng.random() < 0.1 or rng.random() < 0.05:
        name, description = words.word(rng, split), f"{about} the {thing}."
    return Wanted(Tool(name, description, schema), thing, verb, parameters)


def _parameters(rng):
    """One to three parameters whose words do not sound alike."""
    chosen, sounds = [], set()
    for one in rng.sample(PARAMETERS, len(PARAMETERS)):
        sound = one.words.split("{v}")[0]
        if sound not in sounds and not (one.name in ALIKE and any(other.name in ALIKE for other in chosen)):
            chosen.append(one)
            sounds.add(sound)
        if len(chosen) == 3:
            break
    return chosen[:rng.choice([1, 1, 2, 2, 3])]


def offered(rng, split, count):
    """`count` tools with different nouns and names in one style."""
    style, chosen = rng.choice(["snake", "snake", "snake", "camel", "bare", "kebab"]), []
    while len(chosen) < count:
        one = tool(rng, split, [other.noun for other in chosen], style)
        if one.tool.name not in [other.tool.name for other in chosen]:
            chosen.append(one)
    return chosen
