"""Words without a meaning, made of syllables, and small lists that several families draw from."""

from corpus.grammar import belongs, capitalized

ONSETS = ["b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "pr", "qu", "r",
          "s", "sh", "st", "t", "tr", "v", "w", "y", "z"]
VOWELS = 3 * ["a", "e", "i", "o", "u"] + ["ai", "ea", "oo", "ou"]
CODAS = 9 * [""] + ["n", "r", "l", "s", "m", "t", "k", "n", "r", "nd", "rn", "x"]

NAMES = ["Mia", "Tom", "Anna", "Ben", "Clara", "David", "Ella", "Felix", "Grace", "Hugo", "Ivy", "Jonas", "Kate", "Leo",
         "Maya", "Noah", "Olga", "Paul", "Rosa", "Sam", "Tara", "Victor", "Wendy", "Yara", "Zoe", "Ali", "Nina", "Omar",
         "Lucy", "Max", "Eva", "Jack", "Lena", "Oscar", "Ruby", "Finn", "Hana", "Igor", "Lily", "Amir"]
THINGS = ["apple", "book", "pencil", "stamp", "marble", "coin", "cookie", "flower", "card", "shell", "button", "ticket",
          "balloon", "candle", "lemon", "postcard", "sticker", "egg", "cup", "stone"]
COLOURS = ["red", "blue", "green", "yellow", "white", "black", "brown", "orange", "purple", "pink", "grey"]
PLAIN = ["river", "window", "garden", "music", "paper", "silver", "morning", "bridge", "table", "winter", "letter", "cloud",
         "market", "island", "forest", "mountain", "kitchen", "doctor", "engine", "picture", "summer", "village", "pocket",
         "candle", "mirror", "ladder", "basket", "hammer", "blanket", "camera", "lamp", "chair", "door", "house", "train",
         "bread", "water", "horse", "night", "street", "school", "friend", "stone", "field", "light", "green", "small",
         "quick", "quiet", "warm", "round", "early", "happy", "simple", "bright", "heavy", "empty", "open", "clean", "soft"]


def syllable(rng):
    return rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS)


def word(rng, split, syllables=(2, 2, 2, 3)):
    """A word of syllables; one in ten of all such words is kept for evaluation."""
    while True:
        made = "".join(syllable(rng) for _ in range(rng.choice(syllables)))
        if belongs(made, split):
            return made


def name(rng, split):
    """A capitalized word of syllables: a place, a product, a person nobody has heard of."""
    return capitalized(word(rng, split))


def person(rng, split):
    """A known first name, or one of syllables."""
    return rng.choice(NAMES) if rng.random() < 0.5 else name(rng, split)


def identifier(rng, split):
    """An id such as `KX-4821`, `ord_93b1`, `7f03a2` or a number."""
    kind = rng.randrange(5)
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(3, 5)))
    if kind == 0:
        return "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(2)) + "-" + digits
    if kind == 1:
        return f"{rng.choice(['ord', 'usr', 'job', 'doc', 'inv', 'run'])}_{digits}"
    if kind == 2:
        return "".join(rng.choice("0123456789abcdef") for _ in range(6))
    return digits if kind == 3 else f"{word(rng, split, (1, 2))}{digits}"


def phrase(rng, split, length=(2, 6)):
    """A few words, some of them known."""
    return " ".join(rng.choice(PLAIN) if rng.random() < 0.6 else word(rng, split) for _ in range(rng.randint(*length)))
