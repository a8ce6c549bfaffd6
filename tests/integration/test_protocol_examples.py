#!/usr/bin/python3
"""The examples of proto/PROTOCOL.md mean what is printed below them: each block of
hex is decoded with Google's protobuf, from the .proto files, and compared with the
text that follows it. (tests/unit/test_protocol_examples.c gives them to our own decoders.)"""
import os
import re
import sys

from google.protobuf import text_format

from support.partner import Messages

SOURCE = os.environ.get("QF_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
BLOCK = re.compile(r"```hex (\w+)[^\n]*\n([0-9a-f\n]+)```(?:\n```text\n(.*?)\n```)?", re.S)


def main():
    messages = Messages(os.path.join(SOURCE, "proto"))
    with open(os.path.join(SOURCE, "proto", "PROTOCOL.md"), encoding="utf-8") as file:
        page = file.read()
    count = 0
    for name, digits, meaning in BLOCK.findall(page):
        if name == "record":
            continue
        kind = getattr(messages, name)
        decoded = kind.FromString(bytes.fromhex(digits.replace("\n", "")))
        stated = text_format.Parse(meaning, kind())
        if decoded != stated:
            sys.exit(f"{name}: the bytes say\n{decoded}\nbut the page says\n{stated}")
        count += 1
    if count < 30 or count + 1 != page.count("```hex "):
        sys.exit(f"{count} examples of {page.count('```hex ')} were compared")
    print(f"{count} examples mean what they say")


if __name__ == "__main__":
    main()
