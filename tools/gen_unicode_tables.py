#!/usr/bin/env python3
"""Writes src/scoring/text/gen/unicode.inc: what Python's str.isalnum, isspace and lower and unicodedata.normalize say of each
character, as scikit-learn's text vectorizers ask them; and the words that their stop_words="english" means.

    .cache/venv/bin/python tools/gen_unicode_tables.py src/scoring/text/gen/unicode.inc

Properties are read off what Python does, not off Unicode's files, so that they are Python's own. Adjacent characters share an
entry, so that the file stays small (the script fails beyond 128 kB). Run with the Python that the goldens are made with: the
version of Unicode is its own (14.0 with Python 3.11).

SPDX-License-Identifier: Apache-2.0
"""

import re
import sys
import unicodedata

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

LARGEST_FILE = 128_000
LONG_RUN = 3
CODES = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
HANGUL = range(0xAC00, 0xD7A4)  # decomposed by arithmetic


def ranges(holds):
    out = []
    for code in CODES:
        if not holds(chr(code)):
            continue
        if out and out[-1][1] == code - 1:
            out[-1][1] = code
        else:
            out.append([code, code])
    return out


def runs(mapping):
    """{code: target} as [first, last, step, delta]: every step-th code from first to last moves by delta."""
    out = []
    for code, target in sorted(mapping.items()):
        if out:
            first, last, step, delta = out[-1]
            gap = code - last
            if target - code == delta and gap in (1, 2) and (first == last or gap == step):
                out[-1] = [first, code, gap, delta]
                continue
        out.append([code, code, 1, target - code])
    return out


def decides_final_sigma(before):
    return (before + "Σ").lower().endswith("ς")


def bare(character):
    return "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))


def rows(items, text, width=100):
    lines, line = [], "    "
    for item in items:
        piece = text(item) + ","
        if len(line) + len(piece) > width:
            lines.append(line)
            line = "    "
        line += piece
    return "\n".join(lines + [line])


def pair_table(name, why, holds):
    items = ranges(holds)
    return f"// {why}\nconstexpr Range {name}[] = {{\n{rows(items, lambda r: f'{{{r[0]},{r[1]}}}')}\n}};\n"


def run_table(name, why, items):
    return f"// {why}\nconstexpr Run {name}[] = {{\n{rows(items, lambda r: '{' + ','.join(map(str, r)) + '}')}\n}};\n"


def tables():
    word = re.compile(r"\w")
    yield pair_table("kWord", r"Python's \w: str.isalnum() and the underscore.", lambda c: word.match(c) is not None)
    yield pair_table("kSpace", "str.isspace().", str.isspace)
    yield pair_table("kCombining", "Canonical combining class above 0.", lambda c: unicodedata.combining(c) != 0)
    yield pair_table("kCased", "A capital sigma after it is final.", decides_final_sigma)
    yield pair_table("kIgnorable", "Looked through when a capital sigma asks what stands beside it.",
                     lambda c: decides_final_sigma("A" + c) and not decides_final_sigma(c))
    lower = {ord(c): ord(c.lower()) for c in map(chr, CODES) if c.lower() != c and len(c.lower()) == 1}
    yield run_table("kLower", "str.lower() of one character, but for U+0130 (two characters) and the capital sigma.", runs(lower))
    folds = {code: bare(chr(code)) for code in CODES if code not in HANGUL and not unicodedata.combining(chr(code))}
    folds = {code: text for code, text in folds.items() if text != chr(code)}
    single = {code: ord(text) for code, text in folds.items() if len(text) == 1}
    long = [run for run in runs(single) if (run[1] - run[0]) // run[2] >= LONG_RUN]
    lone = [code for code in single if not any(first <= code <= last for first, last, _, _ in long)]
    yield run_table("kBareRuns", "NFKD without combining characters, where one character is left.", long)
    yield f"// The same for those in no run: a character, what it becomes.\nconstexpr char32_t kBarePairs[][2] = {{\n{rows(lone, lambda code: f'{{{code},{single[code]}}}')}\n}};\n"
    many, flat = [], ""
    for code, text in folds.items():
        if len(text) != 1:
            at = flat.find(text)
            if at < 0:
                at, flat = len(flat), flat + text
            many.append((code, at, len(text)))
    yield (f"// The same where it is none or several: {{code, first, count}} of kBareText.\n"
           f"constexpr Several kBareSeveral[] = {{\n{rows(many, lambda m: '{' + ','.join(map(str, m)) + '}')}\n}};\n")
    yield f"constexpr char32_t kBareText[] = {{\n{rows(flat, lambda c: str(ord(c)))}\n}};\n"
    yield (f"// stop_words=\"english\", sorted.\nconstexpr std::string_view kEnglishStopWords[] = {{\n"
           f"{rows(sorted(ENGLISH_STOP_WORDS), lambda w: chr(34) + w + chr(34))}\n}};\n")


def main():
    text = ("// Made by tools/gen_unicode_tables.py: do not edit. Unicode " + unicodedata.unidata_version + ".\n"
            "// SPDX-License-Identifier: Apache-2.0\n// clang-format off\n\n" + "\n".join(tables()) + "\n// clang-format on\n")
    if len(text.encode()) > LARGEST_FILE:
        sys.exit(f"{len(text.encode())} bytes: too large to check in")
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(text)


if __name__ == "__main__":
    main()
