"""JSON by a schema: in the request's response_format, as JSON Schema or a list of keys in the prompt, or as a tool's parameters."""

import json
from dataclasses import dataclass

from conversation import Call, Conversation, Message, Tool
from corpus import arithmetic, facts, translation, words
from corpus.checks import Calls, Values
from corpus.fact_tables import CAPITALS, DAYS
from corpus.grammar import a, capitalized, say

VALID, RIGHT = "valid JSON", "right JSON values"
STRING = {"type": "string"}


@dataclass
class Fact:
    """A value that stands in a text: its key, its schema, and a clause about the subject `{s}`."""
    key: str
    schema: dict
    clause: str
    value: object


def _person_facts(rng, split):
    colour, day, job = rng.choice(words.COLOURS), rng.choice(DAYS), rng.choice(["baker", "doctor", "teacher", "painter", "farmer", "pilot", "nurse"])
    age, city, code = rng.randint(3, 99), words.name(rng, split), words.identifier(rng, split)
    is_member = rng.random() < 0.5
    return [Fact("age", {"type": "integer"}, "is {v} years old|is {v}", age), Fact("city", STRING, "lives in {v}|"
                                                                                                   "comes from {v}|"
                                                                                                   "works in {v}", city),
            Fact(rng.choice(["job", "profession"]), STRING, "is {b}|works as {b}", job), Fact(rng.choice(["id", "code"]), STRING, "has the (id|code) {v}", code),
            Fact("colour", STRING, "likes the colour {v}|wears {v}", colour), Fact("day", STRING, "comes on {v}|"
                                                                                                  "is free on {v}", day),
            Fact("member", {"type": "boolean"}, "is a member" if is_member else "is not a member", is_member),
            Fact("friends", {"type": "array", "items": STRING}, "has the friends {l}|knows {l}", [words.person(rng, split) for _ in range(rng.randint(2, 3))]),
            Fact("email", STRING, "has the email {v}|can be reached at {v}", f"{words.word(rng, split)}@{words.word(rng, split, (1, 2))}.com")]


def _thing_facts(rng, split):
    price, count, weight = rng.randint(1, 999), rng.randint(1, 99), rng.randint(1, 99)
    is_new = rng.random() < 0.5
    return [Fact("price", {"type": rng.choice(["integer", "number"])}, "costs {v} euros|is sold for {v}", price), Fact("count", {"type": "integer"}, "comes {v} in a box", count),
            Fact("colour", STRING, "is {v}|comes in {v}", rng.choice(words.COLOURS)), Fact("maker", STRING, "is made by {v}|comes from {v}", words.name(rng, split)),
            Fact("size", {"type": "string", "enum": ["small", "medium", "large"]}, "is {v}|comes in size {v}", rng.choice(["small", "medium", "large"])),
            Fact("code", STRING, "has the (code|number) {v}", words.identifier(rng, split)), Fact("weight", {"type": "integer"}, "weighs {v} kilograms", weight),
            Fact("in_stock", {"type": "boolean"}, "is in stock" if is_new else "is not in stock", is_new),
            Fact("tags", {"type": "array", "items": STRING}, "has the tags {l}", [words.word(rng, split) for _ in range(rng.randint(2, 3))])]


def extraction(rng, split):
    """A text about a person or a thing, a schema, and the values that the text has."""
    is_person = rng.random() < 0.55
    subject = words.person(rng, split) if is_person else words.name(rng, split)
    pool = (_person_facts if is_person else _thing_facts)(rng, split)
    chosen = rng.sample(pool, rng.choice([1, 1, 2, 2, 3, 4]))
    colour_clashes = {fact.key for fact in chosen} >= {"colour", "size"}
    clauses = [say(rng, fact.clause, v=fact.value, b=a(str(fact.value)), l=_listed(fact.value)) for fact in chosen]
    shown = subject if is_person else f"The {subject}"
    if len(clauses) > 1 and rng.random() < 0.6 and not colour_clashes:
        text = f"{shown} " + ", ".join(clauses[:-1]) + f" and {clauses[-1]}."
    else:
        pronoun = shown if is_person else "It"
        text = f"{shown} {clauses[0]}." + "".join(f" {pronoun} {clause}." for clause in clauses[1:])
    if rng.random() < 0.25 and len(chosen) > 1:
        chosen = chosen[:-1]  # the text says more than the schema asks for
    facts_in_order = rng.sample(chosen, len(chosen))
    values = {"name": subject} if rng.random() < 0.85 or not facts_in_order else {}
    properties = {"name": dict(STRING)} if values else {}
    for fact in facts_in_order:
        values[fact.key], properties[fact.key] = fact.value, fact.schema
    title = "Person" if is_person else "Product"
    return text, {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}, values, title


def _listed(value):
    return (", ".join(value[:-1]) + f" and {value[-1]}") if isinstance(value, list) else value


def small_answer(rng, split):
    """A question of a known skill, whose answer is one member."""
    kind = rng.randrange(4)
    if kind == 0:
        operation = arithmetic.operation(rng)
        x, y = arithmetic.operands(rng, split, operation)
        return say(rng, arithmetic.QUESTIONS[operation], a=x, b=y), rng.choice(["answer", "result", "value", "sum" if operation == "plus" else "number"]), \
            {"type": "integer"}, arithmetic.RESULTS[operation](x, y)
    if kind == 1:
        country = rng.choice(list(CAPITALS))
        return say(rng, "(What is|What's|Tell me|Name) the capital of {c}(?|.)", c=country), rng.choice(["answer", "capital", "city", "name"]), STRING, CAPITALS[country]
    exchange = translation.question(rng, split) if kind == 2 else facts.opposite(rng, split)
    value = exchange.answer if kind == 2 else exchange.answer.rstrip(".").split()[-1]
    return exchange.question, rng.choice(["translation", "answer", "word"] if kind == 2 else ["opposite", "answer", "word"]), STRING, value


def _answer(values):
    return json.dumps(values, ensure_ascii=False)


def _schema_text(rng, schema, title):
    """A schema as a prompt would contain it."""
    kind = rng.randrange(4)
    if kind == 0:
        return json.dumps({"title": title, **schema})
    if kind == 1:
        return json.dumps(schema, indent=2)
    pydantic = {name: {**value, "title": capitalized(name)} for name, value in schema["properties"].items()}
    whole = {"properties": pydantic, "required": schema["required"], "title": title, "type": "object"}
    return json.dumps(whole) if kind == 2 else json.dumps(whole, indent=rng.choice([2, 4]))


EXTRACT = ("(Extract|Extract the (data|fields|values|information|person)|Read|Parse|Convert|Get the data|"
           "Fill in the fields)( from this| from the text| from this text| into JSON|):( |\n){t}|"
           "{t}|{t}\n(Extract the (data|values).|As JSON, please.|Give me the JSON.)|(Text|Input|Data): {t}|"
           "Who or what is this( about|)? {t}")


def by_format(rng, split):
    """The schema is the request's response_format."""
    if rng.random() < 0.35:
        question, key, schema, value = small_answer(rng, split)
        whole, values = {"type": "object", "properties": {key: schema}, "required": [key], "additionalProperties": False}, {key: value}
    else:
        text, whole, values, _ = extraction(rng, split)
        question = say(rng, EXTRACT, t=text)
    messages = [Message("user", question), Message("assistant", _answer(values))]
    return Conversation(RIGHT, messages, schema=whole, check=Values(whole, values))


def by_prompt(rng, split):
    """The schema, or the list of keys, is text in the system prompt or the message."""
    text, schema, values, title = extraction(rng, split)
    keys = ", ".join(f'"{key}"' if rng.random() < 0.5 else key for key in schema["properties"])
    if rng.random() < 0.35:
        wish = say(rng, "(Reply|Answer|Respond) (only |)(as|with|in) (a |one |)JSON( object|) with the (keys|"
                        "fields) {k}(.|:)|(Return|Write|Give me) (a |)JSON( object|) with {k}(.|:)|"
                   "(Extract|Find) {k} (as|in) JSON(.|:)|The output (must be|is) JSON with the (keys|fields|"
                   "properties) {k}(.|:)", k=keys)
    else:
        wish = say(rng, "(Reply|Answer|Respond) (only |)with JSON (for|that agrees with) (this|the following) (JSON |"
                        ")schema:( |\n){s}|"
                   "(Use|Follow|Obey) (this|the following) (JSON |)schema( for your answer|)(:| -)( |\n){s}|"
                   "(JSON schema|Schema|Output schema|Format):( |\n){s}(\nReply with JSON only.|)",
                   s=_schema_text(rng, schema, title))
    if rng.random() < 0.5:
        messages = [Message("system", wish), Message("user", say(rng, "{t}|Text: {t}|Input: {t}", t=text))]
    else:
        messages = [Message("user", say(rng, "{w}\n{t}|{t}\n{w}|{w}\n\n{t}|{t}\n\n{w}|{w}\nText: {t}", w=wish, t=text))]
    messages.append(Message("assistant", _answer(values)))
    return Conversation(VALID, messages, wants_json=rng.random() < 0.3, check=Values(schema))


def by_tool(rng, split):
    """The schema is that of the only tool, as frameworks ask for structured output."""
    text, schema, values, title = extraction(rng, split)
    name = rng.choice([title, title.lower(), "final_result", "extract", f"save_{title.lower()}", "final_answer", "Response", "output"])
    tool = Tool(name, say(rng, "(The final result|Extracts a {t} from the text|The answer in the right form|"
                               "Correct {t} with all its fields|)(.|)", t=title.lower()),
                {key: value for key, value in schema.items() if key != "additionalProperties"})
    messages = [Message("user", say(rng, EXTRACT, t=text)), Message("assistant", calls=[Call(name, values)])]
    return Conversation("tool arguments", messages, tools=[tool], check=Calls([(name, values)]))


KINDS = [(by_format, 45), (by_prompt, 35), (by_tool, 20)]


def conversation(rng, split):
    makers, weights = zip(*KINDS)
    return rng.choices(makers, weights)[0](rng, split)
