"""What the evaluation reports, how replies are taken apart, and what is asked of a server."""

import http.server
import json
import tempfile
import threading
import unittest
from pathlib import Path

import evaluate
from conversation import Call, Conversation, Message, Tool
from corpus.checks import Calls, Choices, Contains, Exact, Ignorance, Number, OneOf, Sequence, Story, Thought, Values, valid
from evaluation import card, frameworks
from evaluation.subject import Subject
from reply import Reply


class CheckTests(unittest.TestCase):
    def test_checks_tell_right_from_wrong(self):
        schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
        call = [("f", {"city": "Oslo"})]
        cases = [
            (Number(68), "23 plus 45 is 68.", "23 plus 45 is 67."), (Number(-5), "It is -5.", "It is 5."), (Number(7), "7", ""),
            (Exact("Kelmo"), "kelmo.", "Kelm"), (Exact("ABC", True), "ABC", "abc"), (Contains(["Paris"]), "It is Paris.", "It is Parisian."),
            (Contains([("UK", "Great Britain")]), "the UK", "Britain"), (Contains(["a"], ["b"]), "a", "a b"), (Sequence([3, 2]), "3, 2", "2, 3"),
            (Sequence(["b", "a"]), "Here: b and a.", "b a c"), (OneOf(("Hi",)), "Hi there", "Well, hi"), (Choices(["x", "y", "z"], 2), "x and z", "x and x"),
            (Ignorance(), "I do not know that.", "It is Oslo."), (Values(schema, {"n": 3}), '{"n": 3}', '{"n": 4}'), (Values(schema), '{"n": 3}', '{"n": "3"}'),
            (Values(schema), '{"n": 3}', '{"n": 3'), (Story(["Mia", "forest"], 2, 3), "Mia slept. The forest too.", "Mia slept. The sea too."),
            (Story(["Mia"], 2, 3), "Mia ran. Mia sat.", "Mia ran."),
        ]
        for check, right, wrong in cases:
            self.assertTrue(check.passes(Reply(right)), (check, right))
            self.assertFalse(check.passes(Reply(wrong)), (check, wrong))
        self.assertTrue(Calls(call).passes(Reply("", calls=[("f", {"city": "oslo"})])))
        self.assertFalse(Calls(call).passes(Reply("", calls=[("f", {"city": "Rome"})])))
        self.assertFalse(Calls(call).passes(Reply("", calls=call + call)))
        self.assertTrue(Calls(call, names_only=True).passes(Reply("", calls=[("f", {"city": "Rome"})])))
        self.assertTrue(Thought(Number(4)).passes(Reply("It is 4.", "2 plus 2 is 4.")))
        self.assertFalse(Thought(Number(4)).passes(Reply("It is 4.", "It is 5.")))
        self.assertFalse(Thought(Number(4)).passes(Reply("It is 4.")))

    def test_a_boolean_is_no_number(self):
        self.assertFalse(valid(True, {"type": "integer"}))
        self.assertTrue(valid(2.0, {"type": "integer"}))
        self.assertFalse(valid({"a": 1, "b": 2}, {"type": "object", "properties": {"a": {}}, "additionalProperties": False}))


class ReportTests(unittest.TestCase):
    def test_intervals_are_wilsons(self):
        low, high = evaluate.interval(190, 200)
        self.assertAlmostEqual(low, 91.04, places=1)
        self.assertAlmostEqual(high, 97.26, places=1)
        self.assertEqual(evaluate.interval(200, 200)[1], 100)
        self.assertLess(evaluate.interval(40, 40)[0], 92)

    def test_a_row_far_under_the_card_fails(self):
        def results(right, unwanted):
            first = [i < right for i in range(40)], [i >= unwanted for i in range(40)]
            return [evaluate.result("a", first[0] + [True] * 60, 90), evaluate.result("b", first[1] + [True] * 60, 3, is_at_most=True)]
        before, good, bad = results(38, 1), results(35, 4), results(34, 5)
        self.assertEqual([(one["value"], one["quick"]) for one in before], [(98.0, 95.0), (1.0, 2.5)])
        self.assertEqual(list(evaluate.under_floor(good, before)), [])
        self.assertEqual(len(list(evaluate.under_floor(bad, before))), 2)

    def test_the_card_gets_its_table_between_the_marks(self):
        text = "before\n<!-- begin: results -->\nold\n<!-- end: results -->\nafter\n"
        filled = card.replace(text, "results", card.table([evaluate.result("facts", [True] * 9 + [False], 99)]))
        self.assertIn("| facts | 90.0 % |", filled)
        self.assertEqual(card.read(filled), [{"row": "facts", "quick": 90.0, "is_at_most": False}])
        with self.assertRaises(ValueError):
            card.read(text)
        self.assertNotIn("old", filled)
        self.assertTrue(filled.startswith("before") and filled.endswith("after\n"))
        self.assertEqual(card.replace(filled, "results", "x"), card.replace(text, "results", "x"))
        with self.assertRaises(ValueError):
            card.replace("no marks", "results", "x")

    def test_frameworks_that_are_not_installed_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "autogen_agentchat/agents/_assistant_agent.py"
            path.parent.mkdir(parents=True)
            path.write_text('x = "You are a helpful AI assistant. Do it."\ny = "Another."\n')
            found, missing = frameworks.prompts(folder)
            self.assertEqual(found, [("autogen", "You are a helpful AI assistant. Do it.")])
            self.assertEqual(len(missing), len(frameworks.READERS) - 1)


class SubjectTests(unittest.TestCase):
    """A server on the loopback that records requests and gives one answer."""

    def setUp(self):
        test = self
        self.requests, self.status = [], 200
        self.message = {"content": None, "reasoning_content": "Hm.", "tool_calls": [{"function": {"name": "f", "arguments": '{"a": 1}'}}]}

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, value, status=200):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.answer({"data": [{"id": "toy"}]})

            def do_POST(self):
                test.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.answer({"choices": [{"message": test.message}]} if test.status == 200 else {"error": {"message": "No."}}, test.status)

            def log_message(self, *_):
                pass
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.subject = Subject(f"http://127.0.0.1:{self.server.server_port}/v1")
        self.subject._print_once = lambda refusal: None

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=10)

    def test_a_conversation_becomes_a_request_and_its_answer_a_reply(self):
        calls = [Call("f", {"a": 1}), Call("f", {"a": 2})]
        conversation = Conversation("x", [
            Message("user", "Go."), Message("assistant", calls=calls), Message("tool", "one"), Message("tool", "two"), Message("assistant", "?")],
            tools=[Tool("f", "Does it.", {"type": "object"})], schema={"type": "object"}, thinks=True)
        found = self.subject.replies([conversation])[0]
        self.assertEqual((found.text, found.thought, found.calls), ("", "Hm.", [("f", {"a": 1})]))
        body = self.requests[0]
        self.assertEqual([message["role"] for message in body["messages"]], ["user", "assistant", "tool", "tool"])
        ids = [call["id"] for call in body["messages"][1]["tool_calls"]]
        self.assertEqual([message["tool_call_id"] for message in body["messages"][2:]], ids)
        self.assertEqual(len(set(ids)), 2)
        self.assertEqual(body["response_format"]["json_schema"]["schema"], {"type": "object"})
        self.assertEqual((body["model"], body["reasoning_effort"], body["temperature"]), ("toy", "medium", 0))
        self.assertEqual(body["tools"][0]["function"]["name"], "f")

    def test_a_refused_request_is_a_wrong_reply(self):
        self.status = 400
        found = self.subject.replies([Conversation("x", [Message("user", "Hi"), Message("assistant", "")])])[0]
        self.assertEqual(found, Reply(""))


if __name__ == "__main__":
    unittest.main()
