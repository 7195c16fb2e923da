"""Every family's answers pass their own checks, in both splits, and what is held out never appears in training."""

import json
import random
import re
import unittest

import template
from corpus import arithmetic, drills, grammar, mixture, noise, noise_sentences, pairs, schemas, tools, words
from corpus.checks import Number, valid
from evaluation import rows
from reply import Reply

SAMPLES = 300


def last_reply(conversation):
    last = conversation.messages[-1]
    return Reply(last.content, last.thought, [(call.name, call.arguments) for call in last.calls])


def counted(first, last):
    step = 1 if first <= last else -1
    return [str(number) for number in range(first, last + step, step)]


class CorpusTests(unittest.TestCase):
    def test_an_answer_passes_its_own_check(self):
        names = [*mixture.EXCHANGES, *mixture.CONVERSATIONS]
        for split in (grammar.TRAIN, grammar.TEST):
            for name in names:
                for i in range(SAMPLES):
                    made = mixture.make(name, mixture.random_for("tests", split, name, i), split)
                    if made.messages:
                        self.assertTrue(made.check.passes(last_reply(made)), (name, template.render(made), made.check))

    def test_a_row_of_the_card_is_passed_by_the_answers_of_the_corpus(self):
        for row in rows.ROWS:
            for i in range(40):
                made = row.make(mixture.random_for("tests", row.name, i))
                self.assertTrue(made.check.passes(last_reply(made)), (row.name, made))

    def test_a_wrong_reply_fails_most_checks(self):
        wrong = Reply("Xyzzy plugh 123456.", None, [])
        for row in rows.ROWS:
            if row.is_at_most:
                continue
            for i in range(20):
                made = row.make(mixture.random_for("tests", row.name, i))
                self.assertFalse(made.check.passes(wrong), (row.name, made.check))

    def test_a_conversation_depends_on_its_key_alone(self):
        stage = mixture.STAGES["middle"]
        for i in range(50):
            first, second = (template.render(mixture.conversation(mixture.random_for(3, i), "train", stage)[1]) for _ in range(2))
            self.assertEqual(first, second)

    def test_no_sum_of_the_training_is_one_of_the_evaluation(self):
        """Sums are found in the text of whole conversations, whichever family made them."""
        found = 0
        statement = re.compile(r"\b(\d+) (plus|minus|times|[-+*x\u00d7]) (\d+) (?:is|=) (\d+)\b")
        kinds = {symbol: kind for kind, symbols in arithmetic.SYMBOLS.items() for symbol in symbols}
        for i in range(3_000):
            name, made = mixture.conversation(mixture.random_for("held out", i), "train", mixture.STAGES["short"])
            if name == "thinking":
                continue  # its steps are sums of tens and of ones
            answers = [message.content for message in made.messages if message.role == "assistant"]
            lines = [line for line in made.lines if not line[0].startswith("Steps of ")]
            for text in [*answers, "".join(map("".join, lines))]:
                for a, kind, b, _ in statement.findall(text):
                    found += 1
                    kind = kinds.get(kind, kind)
                    self.assertFalse(arithmetic.is_held_out(kind, int(a), int(b)), text)
        self.assertGreater(found, 500)

    def test_a_product_is_held_out_in_one_order_only(self):
        pairs = [(a, b) for a in range(13) for b in range(13) if arithmetic.is_held_out("times", a, b)]
        self.assertGreater(len(pairs), 10)
        for a, b in pairs:
            self.assertFalse(arithmetic.is_held_out("times", b, a))

    def test_each_sum_is_right(self):
        for split in (grammar.TRAIN, grammar.TEST):
            for i in range(SAMPLES):
                rng = random.Random(i)
                kind = arithmetic.operation(rng)
                a, b = arithmetic.operands(rng, split, kind)
                text = arithmetic.statement(kind, a, b)
                python = text.replace("plus", "+").replace("minus", "-").replace("times", "*").split(" is ")[0]
                self.assertTrue(Number(eval(python, {})).passes(Reply(text)), text)

    def test_the_lines_of_a_drill_are_right(self):
        orders = {"Repeat": lambda items: items, "Reverse": lambda items: items[::-1], "Sort": lambda items: sorted(items, key=int),
                  "Sort down": lambda items: sorted(items, key=int, reverse=True), "Upper case": lambda items: [item.upper() for item in items],
                  "Lower case": lambda items: [item.lower() for item in items], "Count": lambda items: counted(int(items[0]), int(items[2]))}
        seen = set()
        for i in range(2_000):
            known = {}
            for given, learned in drills.text(random.Random(i), "train").lines:
                order, _, content = given.partition(": ")
                if order in orders and learned:
                    seen.add(order)
                    self.assertEqual(learned.replace(",", "").split(), orders[order](content.replace(",", "").split()), given)
                if not learned:
                    known = dict(re.split(": | is ", line.removesuffix("."), maxsplit=1) for line in given.splitlines())
                elif given.startswith("What is ") and given.removesuffix("?\n").removeprefix("What is ") in known:
                    name = given.removesuffix("?\n").removeprefix("What is ")
                    seen.add("look up")
                    self.assertEqual(learned, f"{name} is {known[name]}.\n")
        self.assertEqual(seen, {*orders, "look up"})

    def test_questions_have_no_open_slots_and_no_signs_of_the_grammar(self):
        for i in range(3_000):
            one = mixture.exchange(mixture.random_for("slots", i), "train")
            for text in (one.question, one.answer):
                self.assertNotRegex(text, r"\{\w+\}|\(\w|\|\w", one)
                self.assertNotIn("  ", text)

    def test_articles_agree(self):
        stage = mixture.Stage(256, 0, 0, 0)
        for i in range(2_000):
            _, made = mixture.conversation(mixture.random_for("articles", i), "train", stage)
            for message in made.messages:
                self.assertNotRegex(message.content, r"\b[Aa] (apple|egg|owl|island|order|email|invoice|event|alarm|article|agent|assistant|orange|old)\b")

    def test_held_out_phrasings_use_known_words(self):
        """A phrasing of the evaluation is new, its words are not."""
        known = set()
        for i in range(6_000):
            known.update(re.findall(r"[a-z']+", mixture.EXCHANGES["facts"][1](random.Random(i), "train").question.lower()))
        for i in range(300):
            question = mixture.EXCHANGES["facts"][1](random.Random(-1 - i), "test").question.lower()
            unknown = [word for word in re.findall(r"[a-z']+", question) if word not in known]
            self.assertLessEqual(len(unknown), 1, question)  # spelling asks for words that nobody has seen

    def test_there_are_thousands_of_phrasings(self):
        total = sum(grammar.count(source) for source in arithmetic.QUESTIONS.values())
        self.assertGreater(total, 500)
        self.assertGreater(sum(grammar.count(source) for source in noise_sentences.RULES), 3_000)

    def test_noise_is_about_as_long_as_asked(self):
        for characters in (300, 2_000, 9_000):
            lengths = [len(noise.text(random.Random(i), "train", characters)) for i in range(20)]
            self.assertLess(abs(sum(lengths) / 20 - characters), 0.25 * characters + 150)

    def test_words_of_the_splits_are_disjoint(self):
        train = {words.word(random.Random(i), "train") for i in range(2_000)}
        test = {words.word(random.Random(i), "test") for i in range(500)}
        self.assertFalse(train & test)

    def test_triples_are_three_texts(self):
        for i in range(SAMPLES):
            self.assertEqual(len(set(pairs.triple(random.Random(i), "test"))), 3)

    def test_calls_of_tools_are_valid_for_their_schemas(self):
        for maker in (tools.one_call, tools.two_calls, schemas.by_tool):
            for i in range(SAMPLES):
                made = maker(random.Random(i), "train")
                offered = {tool.name: tool.parameters for tool in made.tools}
                self.assertEqual(len(offered), len(made.tools))
                for call in made.messages[-1].calls:
                    self.assertTrue(valid(call.arguments, offered[call.name]), (call, offered))
                    said = made.messages[-2].content.lower()
                    for value in call.arguments.values():
                        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                            self.assertIn(str(value).lower(), said)

    def test_json_in_answers_is_written_in_one_way(self):
        for i in range(SAMPLES):
            answer = schemas.by_format(random.Random(i), "train").messages[-1].content
            self.assertEqual(json.dumps(json.loads(answer), ensure_ascii=False), answer)


if __name__ == "__main__":
    unittest.main()
