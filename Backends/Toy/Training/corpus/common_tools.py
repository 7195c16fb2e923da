"""Tools that most demonstrations offer, asked for in questions: weather, time, sums, search, mail."""

from conversation import Call, Tool
from corpus import arithmetic, words
from corpus.fact_tables import CAPITALS
from corpus.grammar import a as article
from corpus.grammar import say


def _schema(required=None, **properties):
    return {"type": "object", "properties": properties, "required": list(properties) if required is None else required}


STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}


def _place(rng, split):
    return rng.choice(list(CAPITALS.values())) if rng.random() < 0.4 else words.name(rng, split)


def weather(rng, split):
    key, place = rng.choice(["city", "location", "place"]), _place(rng, split)
    name = rng.choice(["get_weather", "weather", "get_current_weather", "getWeather", "fetch_weather", "weather_lookup"])
    arguments, schema = {key: place}, _schema(**{key: STRING})
    text = say(rng, "(What is|What's|How is|Tell me|Check) the weather (in|for) {p}( today| now|)(?|.)|(Is it (raining|"
                    "sunny|cold|warm)|How (warm|cold) is it) in {p}( today| now|)?|"
               "(What|Which) temperature (does {p} have|is it in {p})?|Do I need an umbrella in {p}?|Weather in {p}(?|"
               ", please.)", p=place)
    if "temperature" in text or "warm" in text or "cold" in text or "umbrella" in text:
        text = text + " Check the weather."
    if rng.random() < 0.3:
        unit = rng.choice(["celsius", "fahrenheit"])
        schema = _schema([key], **{key: STRING, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}})
        if rng.random() < 0.6:
            text, arguments = text.rstrip(".?") + f" in {unit}?" if "Check the" not in text else text + f" Use {unit}.", {key: place, "unit": unit}
    description = say(rng, "(Get|Returns|Look up|Fetch) the (current |)weather (in|for|of) a (city|place|location)(.|)|"
                           "(Current |)weather(.|)")
    return Tool(name, description, schema), text, Call(name, arguments)


def time(rng, split):
    key, place = rng.choice(["city", "timezone", "location"]), _place(rng, split)
    name = rng.choice(["get_time", "get_current_time", "current_time", "time", "getTime"])
    text = say(rng, "(What time is it|What is the (current |)time|Tell me the time|What's the time) in {p}( now|)(?|.)|"
                    "Time in {p}(?|, please.)", p=place)
    return Tool(name, say(rng, "(Get|Returns|Tell) the (current |)time in a (city|place)(.|)"), _schema(**{key: STRING})), text, Call(name, {key: place})


def calculator(rng, split):
    kind = arithmetic.operation(rng)
    a, b = rng.randint(0, 999), rng.randint(0, 999)
    verb = {"plus": "add", "minus": "subtract", "times": "multiply"}[kind]
    name = rng.choice([verb, f"{verb}_numbers", verb + "Numbers"])
    text = say(rng, {"plus": "(Add|Please add) {a} (and|to) {b}(.|)|Use the tool to add {a} and {b}(.|)", "minus": "(Subtract|Please subtract) {b} from {a}(.|)",
                     "times": "(Multiply|Please multiply) {a} (by|and) {b}(.|)|Use the tool to multiply {a} and "
                              "{b}(.|)"}[kind], a=a, b=b)
    tool = Tool(name, say(rng, "{v} two (numbers|integers)(.|)", v=verb.capitalize()), _schema(a=rng.choice([INTEGER, NUMBER]), b=INTEGER))
    return tool, text, Call(name, {"a": a, "b": b})


def search(rng, split):
    query = words.phrase(rng, split, (1, 3))
    name = rng.choice(["search", "web_search", "search_web", "searchDocs", "lookup", "search_documents", "retrieve"])
    text = say(rng, "(Search|Please search|Look|Search the web|Search the documents) for {q}(.|)|(Find|"
                    "Look up) (documents|pages|information) about {q}(.|)|Search: {q}", q=query)
    return Tool(name, say(rng, "(Search|Searches|Look up information in) (the web|the documents|pages|"
                               "a database)( for a query|)(.|)"), _schema(query=STRING)), text, \
        Call(name, {"query": query})


def mail(rng, split):
    to, body = words.person(rng, split), words.phrase(rng, split, (2, 5))
    name = rng.choice(["send_email", "send_mail", "sendEmail", "send_message", "email"])
    noun = "message" if "message" in name else "email"
    text = say(rng, "(Send|Write|Please send) {n} to {t}(: | saying | with the text )\"{b}\"", n=article(noun), t=to, b=body)
    return Tool(name, say(rng, "(Send|Sends) {a} to (a person|someone)(.|)", a=article(noun)), _schema(to=STRING, body=STRING)), text, \
        Call(name, {"to": to, "body": body})


COMMON = [weather, weather, time, calculator, search, mail]


def common(rng, split):
    """A tool, a sentence that asks for it, and the call."""
    return rng.choice(COMMON)(rng, split)
