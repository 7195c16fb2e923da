"""Greetings, thanks, who it is, what it can do, how it is used."""

from conversation import Exchange
from corpus import words
from corpus.checks import Contains, OneOf
from corpus.grammar import ask

SELF = "I am a small language model inside Martlet"
ABILITIES = "I can do small sums, name capitals, translate words, copy and sort words, call tools, write JSON and tell short stories."


def hello(rng, split):
    text = ask(rng, split, "(Hello|Hi|Hey|Hello there|Hi there|Hey there|Good morning|Good afternoon|Good evening|"
                           "Good day|Greetings|"
               "Howdy|Hiya)(!|.||,)( How are you( today| doing|)?| How is it going?| Nice to meet you(.|!)| My friend!|"
               " (Can|Could) you help me?| "
               "I need (some |)help(.|!)| Are you there?||||)")
    if "How" in text.replace("Howdy", ""):
        answer = "Hello! I am fine, thank you. How can I help you?"
    elif "help" in text:
        answer = "Hello! Of course. What do you need?"
    elif "Are you there" in text:
        answer = "Hello! Yes, I am here. How can I help you?"
    else:
        answer = "Hello! How can I help you today?"
    return Exchange("greetings", text, answer, OneOf(("Hello", "Hi")))


def say_hello(rng, split):
    text = ask(rng, split, "(Say|Please say|Just say|Can you say|Could you say|I want you to say) (hello|hi)( to me|"
                           " please|, please|)(|.|!)")
    return Exchange("greetings", text, "Hello!", OneOf(("Hello", "Hi")))


def introduction(rng, split):
    name = words.person(rng, split)
    text = ask(rng, split, "(Hello|Hi|Hey|Good morning|Good evening|)(, |! |. )(I am|I'm|My name is|this is|"
                           "here is) {n}(.|!|)( Nice to meet you.|"
               " How are you?|)", n=name).lstrip(",!. ")
    text = text[0].upper() + text[1:]
    return Exchange("greetings", text, f"Hello, {name}! How can I help you?", Contains([name, ("Hello", "Hi")]))


def thanks(rng, split):
    text = ask(rng, split, "(Thanks|Thank you|Many thanks|Thanks a lot|Thank you very much|Thank you so much|"
                           "Great, thanks|OK, thank you|"
               "Perfect, thank you|Nice, thanks|Cheers|That is great, thank you)(!|.||)( That (was|is) (helpful|great|"
               "all|very kind|useful)(.|!)|"
               " You (are|have been) (very |)(helpful|kind)(.|!)|||)")
    return Exchange("greetings", text, "You are welcome!", Contains(["welcome"]))


def goodbye(rng, split):
    text = ask(rng, split, "(Bye|Goodbye|Good bye|See you|See you later|Good night|Bye bye|Farewell|Bye for now|"
                           "I have to go|That is all for today)"
               "(!|.||, bye!)( Have a (nice|good) day(!|.)| (Take care|Until next time)(!|.)||)")
    return Exchange("greetings", text, "Goodbye! Have a nice day.", Contains([("Goodbye", "Bye")]))


def how_are_you(rng, split):
    text = ask(rng, split, "(How are you( doing| feeling|)( today| this morning| now|)|How do you (do|feel)( today|)|"
                           "How is it going( today|)|"
               "Are you (feeling |)(well|good|fine|OK)( today|)|What's up|How is your day( going|))(?|?|, my friend?)")
    return Exchange("greetings", text, "I am fine, thank you. How can I help you?", Contains(["fine"]))


def who(rng, split):
    text = ask(rng, split, "(Who|What) are you( exactly| really|)?|(What is|What's|Tell me|May I ask) your name(?|.)|"
                           "Who am I "
               "(talking|speaking|writing) (to|with)?|(Tell me|Say something|"
               "Can you tell me something) about yourself(.|?)|(Introduce|Please introduce|"
               "Describe) yourself(.|, please.)|(Are you|Is this) a (robot|person|human|machine|computer|"
               "language model|chatbot|bot)?|"
               "(What|Which) (kind of |)(model|language model|program|AI) (are you|is this|am I talking to)?|"
               "Do you have a name?|What should I call you?|"
               "Are you (ChatGPT|Claude|GPT|Llama|Gemini)?")
    answer = f"{SELF}. You can call me Toy."
    if text.startswith("Are you") or text.startswith("Is this"):
        answer = ("Yes. " if "language model" in text or "program" in text or "machine" in text or "bot?" in text or "robot" in text else "No. ") \
            + answer
    return Exchange("greetings", text, answer, Contains(["Martlet"]))


def abilities(rng, split):
    text = ask(rng, split, "(What|Which things) can you (do|help with|help me with)( for me| here|)?|(How|With what|"
                           "In what way) can you help( me|)?|"
               "(What are|Tell me|List|Show me|Describe) your (skills|abilities|features|strengths)(?|.)|"
               "What (do you know|are you able to do|are you good "
               "at|are you for|is your purpose|can I ask( you|)|should I ask you|are you made for)?|(Tell me|Show me|"
               "Explain) what you can do(.|, please.)")
    return Exchange("greetings", text, ABILITIES, Contains(["sums", "capitals"]))


USAGE = [
    ("(use you|call you|send you a request|talk to you from a program|talk to you over HTTP|chat with you from code|"
     "connect to you|use this model)",
     "Send a POST request to /v1/chat/completions, with any OpenAI client.", "chat completions"),
    ("(get embeddings|embed a text|make an embedding|compute embeddings|turn text into a vector)",
     "Send a POST request to /v1/embeddings.", "embeddings"),
    ("(list the models|see which models there are|find the name of the model|get the list of models)",
     "Send a GET request to /v1/models.", "models"),
    ("(start you|run you|start the server|run Martlet|start Martlet|serve you)",
     "Run martlet serve. It listens on 127.0.0.1:8080.", "martlet serve"),
    ("(change the port|use another port|listen on another port|set the port)",
     "Run martlet serve with --port and a number.", "port"),
    ("(complete a text|continue a text|get a completion|use plain completions)",
     "Send a POST request to /v1/completions.", "completions"),
    ("(stream the answer|get the answer token by token|stream tokens|get a stream|receive the reply as a stream)",
     "Set stream to true in the request.", "stream"),
    ("(check the health|see if the server is up|check that you are running|test if the server is ready)",
     "Send a GET request to /health.", "health"),
    ("(make you call a tool|use tools|give you tools|use function calling|offer you a function)",
     "Put the tools with their schemas in tools of the request.", "tools"),
    ("(get JSON from you|make you write JSON|force JSON output|use a JSON schema)",
     "Set response_format to a json_schema in the request.", "response format"),
    ("(make you think|turn on thinking|let you think first|see your thoughts)",
     "Set reasoning_effort in the request.", "reasoning effort"),
    ("(serve another model|use my own GPT-2|load other weights|run distilgpt2)",
     "Run martlet serve with --model and a folder.", "model"),
]


def usage(rng, split):
    source, answer, needed = rng.choice(USAGE)
    text = ask(rng, split, "(How (do|can|would|should) (I|we|one)|How does one|Tell me how to|Explain how to|"
                           "What is the way to|Please tell me how to|"
               "I want to know how to|Can you tell me how to|Show me how to) " + source + "(?|.||, please?)")
    return Exchange("greetings", text, answer, Contains([needed]))


def small_talk(rng, split):
    """Short remarks and requests for help that name no task."""
    source, answer, needed = rng.choice([
        ("(I need|I want|I would like|Can I have|Could I get) (some |your |)help(.|!|, please.|?)|(Help me|"
         "Please help me|Can you help me|Could you help me)"
         "(.|?|, please.|!)", "Of course. What do you need?", ["of course"]),
        ("(OK|Okay|Fine|Good|Great|Nice|Alright|I see|Cool|Perfect|Very good|Well done)(.|!||)", "Good. What would you "
                                                                                                 "like next?", ["good"]),
        ("(Are you there|Are you ready|Can you hear me|Is anybody there|Can we start|Shall we begin|Ready)(?|"
         "? Hello?)", "Yes, I am ready.", ["ready"]),
        ("(Test|Testing|This is a test|Just a test|ping|Ping|Test message|One, two, test)(.|!||)", "The test works. I "
                                                                                                   "am ready.", ["ready"]),
    ])
    text = ask(rng, split, source)
    return Exchange("greetings", text, answer, Contains(needed))


KINDS = [(hello, 14), (say_hello, 5), (introduction, 5), (thanks, 8), (goodbye, 5), (how_are_you, 5), (who, 10), (abilities, 7), (usage, 14),
         (small_talk, 8)]


def question(rng, split):
    makers, weights = zip(*KINDS)
    return rng.choices(makers, weights)[0](rng, split)


