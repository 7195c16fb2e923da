#!/usr/bin/env python3
"""Makes reference.json again: what transformers makes of prompts with an exported model.

    make_reference.py FOLDER OUT

Arithmetic is F32 on the F16 weights. The project's own model (model.py) must agree with transformers', or nothing is written.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from transformers import GPT2LMHeadModel

import model
import template
import vocabulary

TEXTS = ["Once upon a time", "Hello", "The capital of France is", " 12 plus 30 is", "na\u00efve caf\u00e9, "
                                                                                    "\u6f22\u5b57 \u2713\n\n  x"]
CHATS = [["What is the capital of France?"], ["What is 12 plus 30?"], ["Hello!"], ["Count from 3 to 9."], ["How do you say \"house\" in German?"],
         ["My name is Mia.", "Hello, Mia! How can I help you?", "What is my name?"], ["Tell me a short story about a "
                                                                                      "fox in a forest."]]
CONTINUED, SHOWN, ALTERNATIVES = 32, 16, 8
TOLERANCE = 1e-4


def chat_text(messages):
    """A chat as the template writes it, special tokens spelled."""
    roles = ["user", "assistant"]
    written = "".join(f"{template.START}{roles[i % 2]}\n{text}{template.END}\n" for i, text in enumerate(messages))
    return f"{written}{template.START}assistant\n"


def rounded(values, digits):
    return [round(float(value), digits) for value in values]


@torch.no_grad()
def describe(text, ids, reference, ends):
    """The logits, scores, continuation and embedding of one prompt."""
    output = reference(torch.tensor([ids]), output_hidden_states=True)
    logits = output.logits[0]
    best = logits[-1].topk(ALTERNATIVES)
    scores = torch.log_softmax(logits, -1)
    continued = list(ids)
    while len(continued) < len(ids) + CONTINUED:
        token = int(reference(torch.tensor([continued])).logits[0, -1].argmax())
        if token in ends:
            break
        continued.append(token)
    embedding = torch.nn.functional.normalize(output.hidden_states[-1][0].mean(0), dim=-1)
    return {"text": text, "ids": ids, "last_logits_top8": [[int(id), round(float(value), 5)] for value, id in zip(*best)],
            "prompt_logprobs": [None] + rounded((scores[i - 1, ids[i]] for i in range(1, len(ids))), 5), "greedy_text_ids": continued[len(ids):],
            "embedding_first16": rounded(embedding[:SHOWN], 6)}, logits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    reference = GPT2LMHeadModel.from_pretrained(str(options.folder), dtype=torch.float32).eval()
    own = model.load(options.folder)
    tokenizer = vocabulary.load(options.folder / "tokenizer.json")
    parsing = vocabulary.load(options.folder / "tokenizer.json")
    parsing.encode_special_tokens = False
    ends = {tokenizer.token_to_id(template.STOP), tokenizer.token_to_id(template.END)}
    prompts, worst = [], 0.0
    for text in TEXTS + [chat_text(messages) for messages in CHATS]:
        ids = parsing.encode(text).ids
        prompt, logits = describe(text, ids, reference, ends)
        prompt["greedy_text"] = parsing.decode(prompt["greedy_text_ids"], skip_special_tokens=False)
        with torch.no_grad():
            mine = own.logits(own.hidden(torch.tensor([ids]), torch.tensor([0])))[0]
        worst = max(worst, float((mine - logits).abs().max()))
        prompts.append(prompt)
    if worst > TOLERANCE:
        print(f"the logits differ by {worst:.1e}, more than {TOLERANCE:.0e}; nothing is written", file=sys.stderr)
        return 1
    note = ("Greedy decoding stops before token 0 (<|endoftext|>) or 2 (<|im_end|"
            ">), after at most 32 tokens. last_logits_top8: [token id, logit] at the last "
            "prompt position. prompt_logprobs: natural log. embedding: mean over positions of the final layer norm's "
            "output, L2-normalised.")
    options.out.write_text(json.dumps({"note": note, "prompts": prompts}, ensure_ascii=False), encoding="utf-8")
    print(f"{len(prompts)} prompts; the logits of model.py and transformers differ by at most {worst:.1e}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
