"""Open questions, to which a small model has no answer: sport, politics, medicine, history, science, code, the news."""

from conversation import Exchange
from corpus import words
from corpus.checks import Ignorance
from corpus.grammar import ask

ANSWER = "I do not know that. I am only a small model."

TEAM = "(the match|the game|the final|the world cup|the championship|the tournament|the league|the race|the cup|the gold medal)"
WHEN = "(yesterday|last night|last week|last year|in {y}|this year|on Sunday|in the end)"
LEADER = "(president|prime minister|king|queen|chancellor|mayor|minister of finance|governor|head of state)"
ILLNESS = "(a headache|a cold|the flu|back pain|a fever|a cough|high blood pressure|diabetes|an allergy|a broken arm|a sore throat|insomnia|{z})"
LANGUAGE = "(Python|JavaScript|C|Rust|Swift|Java|Go|SQL|Bash|Ruby|TypeScript|PHP|Haskell)"
PROGRAM = ("(a function|a program|a script|some code|a class|a query|code) (that|which|to) (sorts a list|sort a list|"
           "parses a file|reads a file|"
           "opens a socket|connects to a database|prints primes|downloads a page|draws a circle|handles errors|"
           "removes duplicates|computes {z})")
FIELD = ("(quantum physics|relativity|photosynthesis|economics|philosophy|gravity|evolution|black holes|inflation|"
         "blockchain|machine learning|"
         "language models|the stock market|chemistry|DNA|democracy|thermodynamics|electricity|climate change|"
         "the big bang|antibiotics|{z})")

QUESTIONS = [
    "Who (won|lost|played in|scored in) " + TEAM + " " + WHEN + "?|(What was|Tell me|Do you know) the (score|"
                                                                "result) of " + TEAM + "( " + WHEN + "|)(?|.)|"
    "(Which team|Which player|Who) (is|was) the best (in|at) (football|tennis|basketball|chess|hockey|cricket|"
    "baseball)( " + WHEN + "|)?|"
    "How many (goals|points|medals|titles) did {n} (score|win|get)( " + WHEN + "|)?",
    "Who is the " + LEADER + " of {c}( now| today|)?|Who (won|lost) the (last |next |)election in {c}?|"
                             "What (do you think|is your opinion) (of|about|on) the "
    "(government|parliament|politics|" + LEADER + ") of {c}?|(Which|What) party (should I vote for|is the best|"
                                                  "won in {c}|is in power in {c})?|"
    "(Explain|Describe|Summarise) the (politics|constitution|economy|tax system|history) of {c}(.|, please.)",
    "(What should I do|What can I do|What helps|What is good|Which medicine helps) (against|for|about) " + ILLNESS + "?|(How|Can you tell me how) (do I|can I) "
    "(treat|cure|heal) " + ILLNESS + "?|(Is|Could) (it|this) (be |)(dangerous|serious) (to have|if I have) " + ILLNESS + "?|(Which|What) "
                                                                                                                         "(pills|"
                                                                                                                         "medicine|"
                                                                                                                         "doctor) (do "
    "I need|should I take|should I see) for " + ILLNESS + "?|What (is|are) the (symptoms|causes|treatment) of " + ILLNESS + "?",
    "(Write|Please write|Can you write|Show me|Give me|I need) " + PROGRAM + " in " + LANGUAGE + "(.||?)|(How|"
                                                                                                 "Can you tell me how) "
                                                                                                 "(do I|can I|"
                                                                                                 "to) (sort|read|parse|"
    "test|compile|debug|profile|deploy) (a list|a file|a program|an app|a project|code) in " + LANGUAGE + "?|(Fix|Find|"
                                                                                                          "Explain) (the|this) (bug|error|exception) in my "
    + LANGUAGE + " (code|program|script)(.|: {z})|(What is|Explain) the difference between " + LANGUAGE + " and " + LANGUAGE + "(?|.)",
    "(Explain|Describe|Teach me|Tell me about) " + FIELD + "(.|, please.| in detail.| in simple words.)|Explain " + FIELD + " to me.|How "
                                                                                                                            "does " + FIELD + " work?|(Who|"
                                                                                                                                              "Do you know who|Tell me who) "
    "(invented|discovered|built) (the (telephone|computer|radio|telescope|steam engine|wheel)|{z}|penicillin|America)?|"
    "(Why|How) do (birds|people|cats|dreams|volcanoes|stars|clouds|trees) (sing|exist|move|happen|sleep|begin|grow|"
    "die)?|"
    "Why is the (sea|wind|moon|universe|economy) (so big|so cold|so old|important)?",
    "(What is|What's|Tell me|How is) the (weather|temperature|traffic|news|exchange rate|stock price|time) (in {c}|"
    "in {p}|here|today|right now|tomorrow)(?|.)|(What|Which) "
    "(film|book|song|restaurant|hotel|phone|car|laptop|game) (should I choose|do you like|would you recommend|"
    "should I buy)?|How much does (a|the) (new |)"
    "(phone|car|house|ticket|laptop|flight to {c}) cost( now|)?",
    "Who (is|was) {n} {m}( and what did (he|she) do|)?|(When|Where) (was|is) {n} {m} (born|buried|from)?|"
    "(What do you know|Tell me something|Tell me) about "
    "{n} {m}(?|.)|(What|Which) (song|book|film|picture) did {n} {m} (write|make|paint) in {y}?|How old is {n} {m}( now|"
    ")?",
    "(What is|What's|Tell me|Do you know) the (capital|population|currency|flag|history|president|language|area|"
    "highest mountain|largest city) of {p}(?|.)|"
    "(How many people|How many animals) live in ({p}|{c})?|(How|Where) (far|big|high|old) is ({p}|{c}|the moon|"
    "the sun)?".replace("(How|Where)", "How") +
    "|(When|Why|How) did (the war|the war in {c}|the revolution|the empire|the battle of {p}) (begin|end|start|"
    "happen)?",
    "(What is|Tell me|Can you explain) the meaning of (life|love|the word {z}|this dream|this poem|{z})(?|.)|(What|"
    "Who) (will happen|will win|will be famous) "
    "(tomorrow|next year|in {y}|in the future)?|(Plan|Organise|Design|Book) (a trip to {c}|my wedding|a garden|my week|"
    "a flight to {p}|a table for two|a hotel in {p})"
    "(.| for me.|, please.)|(Draw|Paint|Sing|Play) (a picture|me a song|some music|a game|a cat)( for me|)(.|"
    ", please.)|(Do you know what|Tell me what) {z} (means|is)(.|?)",
]


def question(rng, split):
    text = ask(rng, split, rng.choice(QUESTIONS), y=rng.randint(1900, 2030), z=words.word(rng, split),
               n=words.name(rng, split), m=words.name(rng, split), p=words.name(rng, split),
               c=rng.choice(["France", "Germany", "Italy", "Spain", "Brazil", "Japan", "Canada", "India", "Mexico", "Egypt", "Poland", "Kenya"]))
    return Exchange("does not know", text, ANSWER, Ignorance())
