"""Writes tokenizer-cases.json, variant-tokenizer.json and scalar-kinds.txt; see README.md."""

import json
import random
import sys

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

toy_path = sys.argv[1]
rng = random.Random(20)

EDGES = [
    "", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\r\n\r\n", "\t", " \t\n ", "a", " a", "  a", "a ", "a  ", "a  b", "a\n\nb",
    "a \n b", "\n a", " \na", "hello world", "Hello, World!", "don't", "DON'T", "it's we'll I'd I'm they've you're he'lls",
    "'s", " 's", "''s", "'t're've'm'll'd", "'l", "'v", "'r", "'", "'\n", "x'", "'S", "\u2019s don\u2019t", "1234567890",
    "3.14159", "1,000,000", "a1b2c3", "1a", " 1a", "x²", "½", "Ⅷ", "٣", "१२३", "①②", "foo_bar", "__init__", "a-b", "...", "!!!", " !",
    "!a", "a!b", "#hashtag @user", "https://example.com/a?b=c&d=%20#e", "C++ <T>& x = *p;", "{\"a\": [1, 2]}", "\\n", "\0", "a\0b", "\0\0\0",
    "\x01\x02", "\x7f", "\x0b\x0c", "\x1c\x1d\x1e\x1f", "\x85", "a\x85b", "\xa0", "a\xa0b", "a \xa0b", "\xa0a", " \xa0", "\u1680x", "\u2000\u2001\u2002",
    "a\u2003b", "\u2028\u2029", "\u202f\u205f\u3000", "a\u3000b", "\u180ea", "\u200b", "a\u200bb", "\u200d", "\ufeff", "\ufeffa", "\u2060", "\ufffd", "\ufffd\ufffd",
    "\ufffe", "\uffff", "\U0010ffff", "\ue000", "\ue000\uf8ff", "\U000f0000", "e\u0301", "é", "\u0301", "a\u0301\u0302b", "\u0300 \u0301", "क्षि", "नमस्ते दुनिया",
    "สวัสดีชาวโลก", "שלום עולם", "مرحبا بالعالم", "Привет, мир!", "Γειά σου Κόσμε", "日本語のテキスト", "你好，世界！", "한국어 텍스트", "한국어",
    "ﬁ ﬂ ﬀ", "Straße", "İstanbul ı", "ǅ", "ʰ", "ª º", "ٱ", "👍", "👍🏽", "👨‍👩‍👧‍👦", "🇳🇴🇸🇪", "❤️", "1️⃣", "🦜🚀!", " 🦜 🚀 ", "𝔘𝔫𝔦", "𐍈", "𒀀", "𐄇", "𞤀𞤁", "🀄︎",
    "\U0001fae8", "\U00016ea0", "\u1c89\u1c8a", "\u0870", "\u088f", "\U00031350", "\U000323b0", "\U0001e6c0", "\U00011de0", "\U00016d40", "\u20c0", "€10", "10€", "₹ 5", "~`^|",
    "<|endoftext|>", "a<|endoftext|>b", "<|im_start|>user\nHi<|im_end|>\n", "<|im_start|><|im_end|>", "<|im_start|", "<|im_end|>>", "<<|im_end|>", "<|IM_END|>",
    "<|im_<|im_end|>end|>", " <|im_end|> ", "<|endoftext|><|endoftext|>", "|>", "<|", "im_end", "'<|im_end|>s", "don<|im_end|>'t", "  <|im_end|>  x",
    "<tool>", "a<tool>b", "a <tool> b", "\t<tool>\n\n", "<tool><tool>", "<pad>", "a <pad> b", " \u3000<pad>\u3000 b", "<to<pad>ol>", "<mask>", "x <mask> y", "<mask><pad>",
    "<pad><mask>", "long tool", "x<long tool>y", "<long tool", "a" * 100, " " * 100, "\n" * 50, "ab" * 60, "é" * 40, "🦜" * 12, "ha" * 33 + " " + "ho" * 21,
    "Tell me a story about a fox.", "What is the capital of France?", "What is 12 + 34?", "Once upon a time there was a hungry hen named Yara.",
]
ALPHABETS = [
    "abcdefgh ", "the and of to in story fox", "abc   \n\t", "'stremvld aS ", "0123456789 .,", "aé1 ½\u00a0'!\n", "\u0301\u0302aé\u0308 ", "日本語テキスト 。、",
    "🦜🚀👍🏽❤️\u200d ", "<|>imendstart_ oftx", "\0\x01\x7f\x85\u2028\u3000 a", "\ue000\ufffd\uffff\U000f1234 ab", "абвгд АБ ёй", "अआइि् क", "\r\n a1", "𝔘𐍈𒀀𞤀1",
]


def generated():
    for i in range(120):
        alphabet = ALPHABETS[i % len(ALPHABETS)]
        text = "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 40)))
        yield text
    for _ in range(20):  # any scalar of the planes in use
        points = (rng.choice([rng.randrange(0x20, 0x3000), rng.randrange(0xE000, 0x20000)]) for _ in range(12))
        yield "".join(map(chr, points))


def variant():
    """A small vocabulary with everything that GPT-2's own does not use."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([t for t in EDGES if "<" not in t] * 3, trainer)
    tokenizer.add_special_tokens([AddedToken("<|endoftext|>", normalized=False), AddedToken("<mask>", lstrip=True)])
    tokenizer.add_tokens([AddedToken("<tool>", normalized=True), AddedToken("<pad>", rstrip=True, lstrip=True)])
    tokenizer.add_tokens([AddedToken("<long tool>", normalized=False), AddedToken("<to", normalized=True)])
    data = json.loads(tokenizer.to_str())
    data["model"]["merges"] = [" ".join(pair) for pair in data["model"]["merges"]]
    data["model"]["ignore_merges"] = True
    return data


def cases(tokenizer, texts):
    for text in texts:
        tokenizer.encode_special_tokens = False
        ids = tokenizer.encode(text).ids
        tokenizer.encode_special_tokens = True
        yield {"text": text, "ids": ids, "plain": tokenizer.encode(text).ids}


def decodes(tokenizer):
    size = tokenizer.get_vocab_size()
    for i in range(100):  # half of them out of the 256 single bytes, so that most are not UTF-8
        ids = [rng.randrange(260 if i % 2 else size) for _ in range(rng.randint(1, 12))]
        yield {
            "ids": ids,
            "text": tokenizer.decode(ids, skip_special_tokens=False),
            "skipping": tokenizer.decode(ids, skip_special_tokens=True),
        }


def kind(character):
    """L, N, O or S: what GPT-2's pre-tokenizer joins with a letter, a number or another character, or with none."""
    pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    for neighbour, name in ("a", "L"), ("1", "N"), ("!", "O"):
        if len(pre_tokenizer.pre_tokenize_str(neighbour + character)) == 1:
            return name
    return "S"


with open("scalar-kinds.txt", "w") as file:
    previous = None
    for point in range(0x80, 0x110000):
        if not 0xD800 <= point < 0xE000 and (name := kind(chr(point))) != previous:
            file.write(f"{point:x} {name}\n")
            previous = name
with open("variant-tokenizer.json", "w") as file:
    json.dump(variant(), file, separators=(",", ":"))
toy = Tokenizer.from_file(toy_path)
other = Tokenizer.from_file("variant-tokenizer.json")
texts = EDGES + list(generated())
with open("tokenizer-cases.json", "w") as file:
    groups = [
        {"name": "toy", "encodes": list(cases(toy, texts)), "decodes": list(decodes(toy))},
        {"name": "variant", "encodes": list(cases(other, texts)), "decodes": list(decodes(other))},
    ]
    lines = ",\n".join(
        json.dumps({"tokenizer": group["name"]} | case, separators=(",", ":"))
        for group in groups
        for case in group["encodes"] + group["decodes"]
    )
    file.write("[\n" + lines + "\n]\n")
print(len(texts), "texts")
