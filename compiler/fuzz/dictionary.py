#!/usr/bin/env python3
"""Writes `yaml.dict`: the words of the language, from its schema, and what means something to YAML."""

import json
import re
from pathlib import Path

HERE = Path(__file__).parent
# Of words that are all alike, a few are enough.
ALIKE = re.compile(r"[a-z]{2}-[a-z]+-\d|[EW]\d{4}|[a-z]+day")
FEW = {"us-east-1", "us-west-2", "eu-west-1", "E0801", "E0802", "W1005", "monday"}
YAML = [
    ": ", "- ", "\n- ", "\n  ", "---\n", "...\n", "&a ", "*a", "<<: ", "!", "|\n", ">-\n", "? ", "# ", "{ ", " }", "[", "]",
    ", ", "'", '"', "\\", "%", "~", "0x", ".inf", "\t", "\r\n", "\0", "\x1b", "ä", "🎌", "\u202e", "\ufeff", "\u2028",
    "\n#=file\n",
]  # fmt: skip


def words(schema, keys, values):
    if isinstance(schema, dict):
        keys.update(schema.get("properties", {}))
        said = [*schema.get("enum", []), schema.get("const"), *schema.get("examples", [])]
        values.update(str(value) for value in said if isinstance(value, (str, int)))
        schema = list(schema.values())
    if isinstance(schema, list):
        for inner in schema:
            words(inner, keys, values)


def quoted(text):
    plain = lambda byte: 32 <= byte < 127 and byte not in b'"\\'
    return '"' + "".join(chr(b) if plain(b) else f"\\x{b:02x}" for b in text.encode()) + '"'


keys, values = set(), set()
words(json.loads((HERE / "../../schema/holdfast.schema.json").read_text()), keys, values)
values = {value for value in values if value in FEW or not ALIKE.fullmatch(value)}
lines = [*YAML, *(f"{key}: " for key in sorted(keys)), *sorted(values)]
(HERE / "yaml.dict").write_text("".join(quoted(line) + "\n" for line in lines))
