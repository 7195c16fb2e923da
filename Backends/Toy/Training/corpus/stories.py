"""Stories about a given hero in a given place. A story keeps to both: each sentence is chosen by what happened before."""

from conversation import Conversation, Exchange
from corpus import words
from corpus.checks import Story
from corpus.grammar import a, ask, say

HEROES = ["cat", "dog", "fox", "owl", "rabbit", "mouse", "bear", "hen", "robot", "dragon", "boy", "girl", "farmer", "sailor", "baker", "king",
          "queen", "wizard", "painter", "frog"]
PLACES = ["forest", "garden", "village", "castle", "harbour", "meadow", "valley", "market", "school", "lighthouse", "desert", "island",
          "kitchen", "library", "mountain", "beach", "city", "barn"]
OBJECTS = ["key", "map", "lamp", "bell", "box", "ring", "boat", "hat", "book", "stone", "kite", "flute", "letter", "shell", "seed", "lantern"]
FEELINGS = ["happy", "proud", "glad", "calm"]
MOODS = ["small", "young", "old", "quiet", "brave", "curious", "kind", "clever", "shy", "lonely"]
AT = {"island": "on", "mountain": "on", "beach": "on", "meadow": "on"}


def plot(rng, split, hero=None, place=None, sentences=None):
    """The sentences of a story, its hero's name and its place."""
    name = words.person(rng, split)
    hero, place = hero or rng.choice(HEROES), place or rng.choice(PLACES)
    at, mood, thing, colour = AT.get(place, "in"), rng.choice(MOODS), rng.choice(OBJECTS), rng.choice(words.COLOURS)
    friend, other = words.person(rng, split), rng.choice([one for one in HEROES if one != hero])
    while friend == name:
        friend = words.person(rng, split)
    opening = say(rng, "(Once upon a time|Long ago|Once), (there was|there lived) {h} (named|called) {n} {at} the {p}.|"
                       "{n} (was {h}|was {h} who lived) {at} the {p}.",
                  h=a(f"{mood} {hero}"), n=name, at=at, p=place)
    wish = say(rng, "(Every day|Each morning|Every evening), {n} (walked|went) through the {p}.|{n} (wanted|wished for|"
                    "dreamed of) {t} (more than anything|every night).|"
               "{n} (liked|loved) the {p}( very much|).", n=name, p=place, t=a(f"{colour} {thing}"))
    finding = say(rng, "One (morning|day|evening), {n} found {t} (under a tree|behind a door|near a wall|in the grass|"
                       "beside a stone).", n=name, t=a(f"{colour} {thing}"))
    middle = [say(rng, "The {t} (was very old|was heavy|began to shine|made a soft sound|was warm).", t=thing),
              say(rng, "{n} (looked at it|held it up|turned it around)( for a long time|)( and smiled|).", n=name),
              say(rng, "(It began to rain|The wind was strong|The sun went down|It was very quiet)( {at} the {p}|).", at=at, p=place),
              say(rng, "{n} (felt|was) (a little |)(afraid|tired|excited|surprised).", n=name)]
    meeting = say(rng, "(Then|Soon|After a while), {n} met {o} (named|called) {f}.", n=name, o=a(other), f=friend)
    talk = [say(rng, "\"(Is this your|Have you lost this|Do you want this) {t}?\" asked {n}.", t=thing, n=name),
            say(rng, "{f} (thanked {n}|smiled at {n}|nodded|laughed).", f=friend, n=name),
            say(rng, "{f} (had lost the {t}|had looked for the {t}) for (many days|a year|a long time).", f=friend, t=thing)]
    ending = say(rng, "(From that day on|After that|In the end), {n} and {f} (were (good |best |)friends|"
                      "lived {at} the {p} together|shared the {t}).|(That night|In the end), "
                 "{n} (went home|slept well) and was {g}.", n=name, f=friend, at=at, p=place, t=thing, g=rng.choice(FEELINGS))
    count = sentences or rng.randint(4, 8)
    if count == 4:
        return [opening, finding, meeting, ending], name, place
    rng.shuffle(middle)
    wanted = count - 5
    extra = min(len(middle), wanted - min(wanted // 2, len(talk)))
    body = [opening, wish, finding] + middle[:extra] + [meeting] + talk[:wanted - extra] + [ending]
    return body, name, place


def story(rng, split):
    """A wish for a story, and the story."""
    place, count = rng.choice(PLACES), rng.randint(4, 9)
    at = AT.get(place, "in")
    hero = rng.choice(HEROES)
    says_count = rng.random() < 0.3
    sentences, name, _ = plot(rng, split, hero, place, count if says_count else rng.choice([4, 5, 6]))
    named = rng.random() < 0.6
    subject = f"{a(hero)} named {name}" if named and rng.random() < 0.6 else name if named else a(hero)
    if subject == name:
        sentences, _, _ = plot_about(rng, split, name, place, len(sentences))
    length = " of {c} sentences" if says_count else ""
    text = ask(rng, split, "(Tell me|Write|Tell|Please tell me|Please write|Can you tell me|Could you write|I want|"
                           "I would like|Make up|Give me) a (short |little |nice |funny |)"
               "(story|tale)" + length + " about {s} {at} (the|a) {p}(.||, please.)|(A|One) (short |little |)story" + length + " about {s} {at} (the|"
                                                                                                                               "a) {p}(, please.|.|)", c=len(sentences), s=subject, at=at, p=place)
    kept = [name if named else hero, place]
    return Exchange("stories", text.replace("a island", "an island"), " ".join(sentences), Story(kept, 4, 10))


def plot_about(rng, split, name, place, count):
    """A plot whose hero has this name."""
    sentences, other, place = plot(rng, split, None, place, count)
    return [sentence.replace(other, name) for sentence in sentences], name, place


def poem_or_line(rng, split):
    """A single sentence about something, for short wishes such as a slogan or a poem."""
    thing, colour = rng.choice(OBJECTS), rng.choice(words.COLOURS)
    text = ask(rng, split, "(Write|Make|Give me|Tell me|Say|Please write) (a|one) (short |nice |simple |"
                           ")sentence (about|with the word) (a |the |){t}(.||, please.)", t=thing)
    answer = say(rng, "(The|A) {c} {t} (lies on the table|stands by the window|is in the garden).", c=colour, t=thing)
    return Exchange("stories", text, answer, Story([thing], 1, 1))


def raw(rng, split):
    """A story without a chat around it, as plain completions begin one."""
    sentences, _, _ = plot(rng, split)
    return Conversation("stories", lines=[("", " ".join(sentences))], accepts_noise=False)


def question(rng, split):
    return (story if rng.random() < 0.85 else poem_or_line)(rng, split)
