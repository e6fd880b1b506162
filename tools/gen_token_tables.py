#!/usr/bin/env python3
"""Writes src/scoring/text/gen/tokens.inc: what Hugging Face's tokenizers library takes each character for.

    PYTHON tools/gen_token_tables.py src/scoring/text/gen/tokens.inc      # a Python with the package tokenizers

Read off what the library does to each character, not off Unicode's files, so that it is the library's own. Only the canonical
combining classes, which it does not show, are Python's.

SPDX-License-Identifier: Apache-2.0
"""

import sys
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

import gen_unicode_tables
from gen_unicode_tables import pair_table, rows, run_table, runs

HANGUL = range(0xAC00, 0xD7A4)
# Above: private use, of which one character speaks for all, and what no version of Unicode has given out.
CODES = [code for code in [*range(0x33480), *range(0xE0000, 0xE01F0)] if not 0xD800 <= code < 0xE000]
gen_unicode_tables.CODES = CODES


def pieces(splitter, text):
    return len(splitter.pre_tokenize_str(text))


def decompositions(normalizer):
    out = {}
    for code in CODES:
        if code in HANGUL:
            continue
        text = normalizer.normalize_str(chr(code))
        if text != chr(code):
            out[code] = text
    return out


def decomposition_table(name, why, mapping):
    """{code: text} as runs where one character is left, else as places in one long text."""
    single = {code: ord(text) for code, text in mapping.items() if len(text) == 1}
    yield run_table(f"{name}Runs", why + ", where it is one character", runs(single))
    flat, many = "", []
    for code, text in mapping.items():
        if len(text) != 1:
            at = flat.find(text)
            if at < 0:
                at, flat = len(flat), flat + text
            many.append((code, at, len(text)))
    yield (f"// The same where it is several: {{code, first, count}} of {name}Text.\n"
           f"constexpr Several {name}Several[] = {{\n{rows(many, lambda m: '{' + ','.join(map(str, m)) + '}')}\n}};\n")
    yield f"constexpr char32_t {name}Text[] = {{\n{rows(flat, lambda c: str(ord(c)))}\n}};\n"


def compositions(canonical):
    nfc = normalizers.NFC()
    out = []
    for code, text in canonical.items():
        if nfc.normalize_str(chr(code)) != chr(code) or len(text) < 2:
            continue
        first = nfc.normalize_str(text[:-1])
        if len(first) == 1:
            out.append((ord(first), ord(text[-1]), code))
    return sorted(out)


def classes():
    """Runs of one canonical combining class above 0."""
    out = []
    for code in CODES:
        kind = unicodedata.combining(chr(code))
        if kind and out and out[-1][1] == code - 1 and out[-1][2] == kind:
            out[-1][1] = code
        elif kind:
            out.append([code, code, kind])
    return out


def tables():
    bert = pre_tokenizers.BertPreTokenizer()
    words = pre_tokenizers.Whitespace()
    digits = pre_tokenizers.Digits(individual_digits=True)
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False)
    clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    bare = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    yield pair_table("kTokenControl", "Left out by BertNormalizer.", lambda c: clean.normalize_str(f"a{c}a") == "aa")
    yield pair_table("kTokenPunctuation", "Alone after BertPreTokenizer.", lambda c: pieces(bert, f"a{c}a") == 3)
    yield pair_table("kTokenWord", "\\w of the splitter Whitespace.", lambda c: pieces(words, f"a{c}a") == 1)
    yield pair_table("kTokenNumeric", "Split off by Digits.", lambda c: pieces(digits, f"a{c}a") == 3)
    yield pair_table("kTokenLetter", "\\p{L} of ByteLevel.", lambda c: pieces(bytes_, f"a{c}a") == 1)
    yield pair_table("kTokenNumber", "\\p{N} of ByteLevel.", lambda c: pieces(bytes_, f"1{c}1") == 1)
    yield pair_table("kTokenMark", "Left out by StripAccents.", lambda c: normalizers.StripAccents().normalize_str(c) == "")
    yield pair_table("kTokenNonspacing", "Left out by BertNormalizer with strip_accents.",
                     lambda c: bare.normalize_str(c) == "" and normalizers.NFD().normalize_str(c) == c)
    lower = normalizers.Lowercase()
    small = {code: lower.normalize_str(chr(code)) for code in CODES}
    yield run_table("kTokenLower", "Its small letter; U+0130 has two characters.",
                    runs({code: ord(text) for code, text in small.items() if len(text) == 1 and ord(text) != code}))
    canonical = decompositions(normalizers.NFD())
    yield from decomposition_table("kCanonical", "NFD", canonical)
    compatible = {code: text for code, text in decompositions(normalizers.NFKD()).items() if canonical.get(code) != text}
    yield from decomposition_table("kCompatible", "NFKD, where it is another than NFD", compatible)
    yield (f"// Pairs that NFC puts together.\nconstexpr char32_t kComposed[][3] = {{\n"
           f"{rows(compositions(canonical), lambda c: '{' + ','.join(map(str, c)) + '}')}\n}};\n")
    yield (f"// Canonical combining classes above 0: first, last, class.\nconstexpr char32_t kClasses[][3] = {{\n"
           f"{rows(classes(), lambda c: '{' + ','.join(map(str, c)) + '}')}\n}};\n")


def main():
    text = (f"// Made by tools/gen_token_tables.py: do not edit. tokenizers {tokenizers.__version__}.\n"
            "// SPDX-License-Identifier: Apache-2.0\n// clang-format off\n\n" + "\n".join(tables()) + "\n// clang-format on\n")
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(text)
    print(len(text), "bytes")


if __name__ == "__main__":
    main()
