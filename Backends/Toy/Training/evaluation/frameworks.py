"""The instructions that agent frameworks put in front of a question, read from their installed packages.

They are for evaluation only: nothing of them is in the corpus or in this repository. Each reader takes the folder of installed
packages; a framework that is not there, or has moved its texts, is reported and left out.
"""

import ast
import json
import re
from pathlib import Path


def _constants(path):
    """The string constants of a Python file, those of one f-string joined with the places of its values as blanks."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside.update(id(part) for part in node.values)
            yield "".join(part.value if isinstance(part, ast.Constant) else "Toy" for part in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def _longest(path, count=1):
    found = sorted((text for text in _constants(path) if "\"\"\"" not in text), key=len, reverse=True)
    return "\n\n".join(found[:count])


def _matching(path, *patterns):
    return "\n\n".join(text.strip() for text in _constants(path) if any(re.search(pattern, text) for pattern in patterns))


def _without_templates(text):
    """A text without Jinja's blocks, with a word where a value would stand."""
    text = re.sub(r"\{%.*?%\}", "", text, flags=re.DOTALL)
    return re.sub(r"\{\{?\s*[\w.\[\]'\"|() ]+\s*\}?\}", "Toy", text)


def crewai(packages):
    slices = json.loads((packages / "crewai/translations/en.json").read_text(encoding="utf-8"))["slices"]
    return _without_templates("\n".join(slices[name] for name in ("role_playing", "no_tools", "task_no_tools") if name in slices))


def crewai_with_tools(packages):
    slices = json.loads((packages / "crewai/translations/en.json").read_text(encoding="utf-8"))["slices"]
    return _without_templates("\n".join(slices[name] for name in ("role_playing", "tools", "format", "expected_output") if name in slices))


def adk(packages):
    return _matching(packages / "google/adk/flows/llm_flows/prompt/_identity.py", "^You are an agent", "^ ?The description about you")


def autogen(packages):
    return _matching(packages / "autogen_agentchat/agents/_assistant_agent.py", "^You are a helpful AI assistant")


def smolagents(packages):
    """The prompt of the agent that calls tools, without YAML's indentation."""
    text = (packages / "smolagents/prompts/toolcalling_agent.yaml").read_text(encoding="utf-8")
    block = re.search(r"^system_prompt: \|-\n((?:  .*\n|\n)+)", text, re.MULTILINE)
    return _without_templates(re.sub(r"^  ", "", block[1], flags=re.MULTILINE)) if block else ""


def smolagents_code(packages):
    text = (packages / "smolagents/prompts/structured_code_agent.yaml").read_text(encoding="utf-8")
    block = re.search(r"^system_prompt: \|-\n((?:  .*\n|\n)+)", text, re.MULTILINE)
    return _without_templates(re.sub(r"^  ", "", block[1], flags=re.MULTILINE)) if block else ""


def langchain(packages):
    return _without_templates(_longest(packages / "langchain_classic/agents/chat/prompt.py", 3))


def langchain_json(packages):
    return _without_templates(_longest(packages / "langchain_core/output_parsers/format_instructions.py"))


def instructor(packages):
    for path in sorted((packages / "instructor").rglob("*.py")):
        found = _matching(path, r"As a genius expert")
        if found:
            return _without_templates(found)
    return ""


def pydantic_ai(packages):
    return _without_templates(_matching(packages / "pydantic_ai/profiles/__init__.py", "Always respond with a JSON "
                                                                                       "object"))


READERS = [crewai, crewai_with_tools, adk, autogen, smolagents, smolagents_code, langchain, langchain_json, instructor, pydantic_ai]


def prompts(packages):
    """(name, text) of each framework that is installed, and the names of those that are missing."""
    found, missing = [], []
    for reader in READERS:
        try:
            text = reader(Path(packages)).strip()
        except (OSError, KeyError, ValueError):
            text = ""
        found.append((reader.__name__, text)) if text else missing.append(reader.__name__)
    return found, missing
