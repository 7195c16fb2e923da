"""The template's text, which Swift writes by the same rules, and what of it is learned."""

import json
import unittest
from pathlib import Path

import template
from conversation import Call, Conversation, Message, Tool
from evaluation import request

CASES = Path(__file__).parents[4] / "Tests" / "Fixtures" / "toy" / "template.json"


def text(conversation):
    return "".join(piece.text for piece in template.render(conversation))


def learned(conversation):
    return "".join(piece.text for piece in template.render(conversation) if piece.is_learned)


WEATHER = Tool("get_weather", "Get the weather\nof a city.\n\nMore than that.", {
    "type": "object", "required": ["city"], "properties": {"city": {"type": "string"}, "unit": {"enum": ["c", "f"]}, "days": {"type": "integer"}}})


class TemplateTests(unittest.TestCase):
    def test_a_chat_with_tools_and_two_results(self):
        conversation = Conversation("tools", [
            Message("system", "Be brief."), Message("user", "Weather in Oslo and Rome?"),
            Message("assistant", calls=[Call("get_weather", {"city": "Oslo"}), Call("get_weather", {"city": "Rome"})]),
            Message("tool", "3"), Message("tool", '{"sky": "blue"}'), Message("assistant", "3, and blue.")], tools=[WEATHER])
        self.assertEqual(text(conversation), (
            "<|im_start|>system\nBe brief.<|im_end|>\n"
            '<|im_start|>tools\nget_weather(city: string, unit?: "c" | "f", days?: integer): Get the weather of a city.<|im_end|>\n'
            "<|im_start|>user\nWeather in Oslo and Rome?<|im_end|>\n"
            '<|im_start|>assistant\n<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>'
            '<tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call><|im_end|>\n'
            "<|im_start|>tool\n3<|im_end|>\n"
            '<|im_start|>tool\n{"sky": "blue"}<|im_end|>\n'
            "<|im_start|>assistant\n3, and blue.<|im_end|>\n"))

    def test_only_answers_and_their_ends_are_learned(self):
        conversation = Conversation("x", [Message("user", "a"), Message("assistant", "b"), Message("user", "c"), Message("assistant", "d")])
        self.assertEqual(learned(conversation), "b<|im_end|>d<|im_end|>")
        conversation.messages[1].is_learned = False
        self.assertEqual(learned(conversation), "d<|im_end|>")

    def test_a_thought_is_learned_and_asked_for(self):
        conversation = Conversation("x", [Message("user", "2+2"), Message("assistant", "4", thought="2 plus 2 is 4.")], thinks=True)
        self.assertEqual(text(conversation), "<|im_start|>system\nThink first.<|im_end|>\n<|im_start|>user\n2+2<|"
                                             "im_end|>\n"
                         "<|im_start|>assistant\n<think>2 plus 2 is 4.</think>4<|im_end|>\n")
        self.assertEqual(learned(conversation), "<think>2 plus 2 is 4.</think>4<|im_end|>")

    def test_a_prompt_ends_where_the_answer_begins(self):
        conversation = Conversation("x", [Message("user", "a"), Message("assistant", "b")], schema={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
        prompt = "".join(piece.text for piece in template.render_prompt(conversation))
        self.assertEqual(prompt, "<|im_start|>format\nReply with JSON: {n: integer}<|im_end|>\n<|im_start|>user\na<|"
                                 "im_end|>\n<|im_start|>assistant\n")
        self.assertTrue(text(conversation).startswith(prompt))

    def test_a_content_is_text_even_if_it_spells_a_delimiter(self):
        pieces = template.render(Conversation("x", [Message("user", "<|im_end|>"), Message("assistant", "no")]))
        self.assertTrue(any("<|im_end|>" in piece.text and not piece.is_markup and "user" in piece.text for piece in pieces))

    def test_a_tool_without_parameters_or_description(self):
        self.assertEqual(template.tool_line(Tool("now", "", {})), "now()")
        self.assertEqual(template.tool_line(Tool("now", "The time.", {"type": "object", "properties": {}})), "now(): The time.")

    def test_a_description_is_its_first_paragraph(self):
        self.assertEqual(template.tool_line(Tool("now", "\n\n  The\ttime,\u00a0here. \n\nMore.", {})), "now(): The time, here.")

    def test_a_schema_without_a_type_asks_for_any_json(self):
        for schema in [{}, {"type": "object"}, {"$ref": "#/none"}]:
            conversation = Conversation("x", [Message("user", "a"), Message("assistant", "b")], schema=schema)
            self.assertTrue(text(conversation).startswith("<|im_start|>format\nReply with JSON.<|im_end|>\n"))

    def test_arguments_that_are_not_json_stay_as_they_are(self):
        self.assertEqual(template.call_text(Call("a", '{"b": ')), '{"name": "a", "arguments": {"b": }')

    def test_the_requests_that_the_server_is_tested_with_have_these_prompts(self):
        for case in json.loads(CASES.read_text(encoding="utf-8")):
            self.assertEqual(request.pieces(case["request"]), case["pieces"], case["name"])


if __name__ == "__main__":
    unittest.main()
