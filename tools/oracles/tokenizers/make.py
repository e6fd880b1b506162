"""Makes small tokenizers of every kind with Hugging Face's tokenizers library, and the ids that it gives for texts of every kind.

    PYTHON tools/oracles/tokenizers/make.py --out tests/golden/tokenizer                     # the goldens in the repo
    PYTHON tools/oracles/tokenizers/make.py --out build/oracles/tokenizers --texts 2000 --seed 99   # fresh texts
    PYTHON tools/oracles/tokenizers/make.py --out build/oracles/tokenizers --vocab vocab.txt       # a real vocabulary too

Per tokenizer: NAME.json (or NAME.txt, a BERT vocabulary) and NAME.ids.json: ids and types of each text of texts.json.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import json
import pathlib
import random

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TRAINING = """The flight was delayed because of the weather. Flights are often delayed, and nobody knows why; ask at gate 12.
Der Flug war verspätet, weil das Wetter schlecht war. Le vol était en retard à cause du temps; c'était déjà l'été.
航班延误了。天气不好。 フライトが遅れました。비행기가 지연되었습니다. Рейс задержан из-за погоды. تأخرت الرحلة.
I don't know, we've seen it, they'll say it's fine: 3.14159 is not 22/7, and 1,000,000 isn't 10^6 (or is it?).
unbelievable unbelievably believable believing belief relief reliably tokenization tokenizer tokenizing tokens token
😀 😃 👩‍👩‍👧 naïve café résumé coöperate Ångström ﬁne ½ ² Ⅷ İstanbul ΣΊΣΥΦΟΣ straße""".split("\n") * 3

TEXTS = ["", " ", "a", "Hello, world!", "The flight was delayed.", "  two  spaces   and a tab\tand\nlines\r\n", "don't we've they'll I'd 's 't",
         "UNBELIEVABLY tokenizing", "naïve café RÉSUMÉ Ångström", "cafe\u0301 n\u0303 a\u0323\u0307 a\u0307\u0323", "航班延误了。天气", "mixed航班text延误end",
         "フライトが遅れました", "비행기가 지연되었습니다", "\u1112\u1161\u11ab\u1100\u1173\u11af", "Рейс задержан", "تأخرت الرحلة", "😀😃 👩‍👩‍👧 🏳️‍🌈", "a\u0000b\u0001c\u200bd\ufeffe\u00ade",
         "\ufffd", "ﬁne ½ ² Ⅷ ㎏ ＡＢＣ", "İstanbul ISTANBUL ıi", "ΣΊΣΥΦΟΣ ΟΔΟΣ", "straße STRASSE ẞ", "x" * 99, "x" * 100, "x" * 101, "x" * 300, "ab" * 400,
         "1234567890 3.14 1,000,000 ٣٤٥ ⅷ", "a_b-c/d\\e[f]{g}|h~i`j", "[CLS] [SEP] [MASK] [PAD] [UNK]", "a[MASK]b [MASK] ,[MASK].", "<s>hi</s> <mask>x <mask> y",
         "<new> word<new>word newword new word", "user@example.com https://example.com/?q=1&r=2#x", "line\u2028sep\u2029para\u0085nel\u00a0nbsp\u3000ideo",
         "e\u0301\u0301\u0301", "\u0301leading mark", "Q̣̇", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝕏", "\U0001d160 music", "각\u11a8", "  ", "…—–‘’“”", "$€£¥+<=>^", "\u200d", "a" + "\u0300" * 50,
         "tokenizer tokenizer tokenizer", "Ⓐ ⓐ", "hello" * 60, "▁under ▁▁score", "\U0010ffff \ue000", "ﷺ", "ą́ Ǆ ǅ ǆ", "don’t", "C'EST", "  leading", "trailing  ", "\t\n"]


def random_texts(count, seed):
    rng = random.Random(seed)
    letters = "".join(TRAINING) + " \t\n'.,;:!?-_()[]<>/\\0123456789" + "".join(chr(c) for c in range(0x21, 0x17f))
    out = []
    for _ in range(count):
        size = rng.choice([3, 10, 30, 80])
        text = "".join(rng.choice(letters) if rng.random() < 0.9 else chr(rng.choice([rng.randrange(0x300, 0x2FFF), rng.randrange(0x3000, 0xD7FF), rng.randrange(0xE000, 0x1FFFF)]))
                       for _ in range(size))
        words = " ".join(rng.choice(rng.choice(TRAINING).split() or ["a"]) for _ in range(size // 4))
        out.append(rng.choice([text, words, text + " " + words]))
    return out


def trained(model, trainer, **parts):
    tokenizer = Tokenizer(model)
    for name, part in parts.items():
        setattr(tokenizer, name, part)
    tokenizer.train_from_iterator(TRAINING, trainer)
    return tokenizer


def framed(tokenizer, first="[CLS]", last="[SEP]"):
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{first} $A {last}", pair=f"{first} $A {last} $B:1 {last}:1",
                                                             special_tokens=[(t, tokenizer.token_to_id(t)) for t in (first, last)])
    return tokenizer


SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def word_piece(normalizer, splitter, size=400):
    return framed(trained(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=size, special_tokens=SPECIAL, show_progress=False),
                          normalizer=normalizer, pre_tokenizer=splitter))


def byte_level(prefix, size=450):
    tokenizer = trained(models.BPE(), trainers.BpeTrainer(vocab_size=size, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], show_progress=False,
                                                          initial_alphabet=pre_tokenizers.ByteLevel.alphabet()),
                        pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=prefix), decoder=decoders.ByteLevel())
    return tokenizer


def pairs(splitter, normalizer=None, **options):
    end = {"end_of_word_suffix": options["end_of_word_suffix"]} if "end_of_word_suffix" in options else {}
    begin = {"continuing_subword_prefix": options["continuing_subword_prefix"]} if "continuing_subword_prefix" in options else {}
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", **options))
    tokenizer.pre_tokenizer = splitter
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(TRAINING[:2], trainers.BpeTrainer(vocab_size=200, special_tokens=SPECIAL, show_progress=False, **end, **begin))
    return tokenizer


def roberta():
    tokenizer = byte_level(False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.enable_truncation(40)
    tokenizer.enable_padding(pad_id=1, pad_token="<pad>")
    return tokenizer


def with_added():
    tokenizer = word_piece(normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer())
    tokenizer.add_tokens([AddedToken("New", single_word=True), AddedToken("<new>", rstrip=True, normalized=False), "word<", AddedToken("Über", lstrip=True)])
    return tokenizer


def bytes_fallback():
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", byte_fallback=True, fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(TRAINING[:2], trainers.BpeTrainer(vocab_size=400, show_progress=False, special_tokens=["[UNK]"] + [f"<0x{b:02X}>" for b in range(256)]))
    return tokenizer


def words():
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("contiguous")])
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("is", "was"), normalizers.Strip()])
    tokenizer.train_from_iterator(TRAINING, trainers.WordLevelTrainer(vocab_size=150, special_tokens=SPECIAL, show_progress=False))
    return tokenizer


def bert_processing():
    tokenizer = word_piece(normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()]), pre_tokenizers.Whitespace())
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(16, direction="left")
    tokenizer.enable_padding(direction="left", length=16)
    return tokenizer


MADE = {
    "bert_lower": lambda: word_piece(normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()),
    "bert_cased": lambda: word_piece(normalizers.BertNormalizer(lowercase=False), pre_tokenizers.BertPreTokenizer()),
    "bert_accents": lambda: word_piece(normalizers.BertNormalizer(lowercase=False, strip_accents=True, handle_chinese_chars=False, clean_text=False), pre_tokenizers.BertPreTokenizer()),
    "bert_added": with_added,
    "bert_left": bert_processing,
    "gpt2": lambda: byte_level(False),
    "gpt2_prefix": lambda: byte_level(True),
    "roberta": roberta,
    "bpe_suffix": lambda: pairs(pre_tokenizers.BertPreTokenizer(), normalizers.Lowercase(), end_of_word_suffix="</w>"),
    "bpe_prefix": lambda: pairs(pre_tokenizers.Whitespace(), normalizers.NFKD(), continuing_subword_prefix="##", fuse_unk=True),
    "bpe_digits": lambda: pairs(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation("merged_with_previous"), pre_tokenizers.WhitespaceSplit()]),
                                normalizers.NFC()),
    "bpe_runs": lambda: pairs(pre_tokenizers.Sequence([pre_tokenizers.Digits(), pre_tokenizers.Punctuation("merged_with_next"), pre_tokenizers.CharDelimiterSplit("e")])),
    "bpe_split": lambda: pairs(pre_tokenizers.Sequence([pre_tokenizers.Split(" ", "merged_with_next"), pre_tokenizers.Split("el", "isolated"), pre_tokenizers.Split("a", "removed", invert=False)])),
    "metaspace": bytes_fallback,
    "words": words,
}


def write(out, name, tokenizer, texts):
    rows = []
    for text in texts:
        encoded = tokenizer.encode(text)
        keep = [i for i, mask in enumerate(encoded.attention_mask) if mask]
        rows.append({"ids": [encoded.ids[i] for i in keep], "types": [encoded.type_ids[i] for i in keep]})
    (out / f"{name}.ids.json").write_text(json.dumps(rows, separators=(",", ":")))


def bert_from(path):
    """As BertTokenizerFast makes it of a vocab.txt."""
    vocabulary = {token: i for i, token in enumerate(path.read_text().splitlines())}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"])
    return framed(tokenizer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--texts", type=int, default=40, help="random texts beside the chosen ones")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--vocab", type=pathlib.Path, help="a BERT vocabulary to try too")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    texts = TEXTS + random_texts(options.texts, options.seed)
    (options.out / "texts.json").write_text(json.dumps(texts))
    for name, make in MADE.items():
        tokenizer = make()
        (options.out / f"{name}.json").write_text(json.dumps(json.loads(tokenizer.to_str()), separators=(",", ":"), ensure_ascii=False))
        write(options.out, name, tokenizer, texts)
    bert = MADE["bert_lower"]()
    words_by_id = sorted(bert.get_vocab().items(), key=lambda item: item[1])
    small = options.out / "vocab.txt"
    small.write_text("".join(token + "\n" for token, _ in words_by_id))
    write(options.out, "vocab", bert_from(small), texts)
    if options.vocab:
        (options.out / "real.txt").write_text(options.vocab.read_text())
        write(options.out, "real", bert_from(options.vocab), texts)
    print(f"{len(MADE) + 1} tokenizers, {len(texts)} texts")


if __name__ == "__main__":
    main()
