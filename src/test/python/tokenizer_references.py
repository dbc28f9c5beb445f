"""Writes tokens-small.tsv and, given the published vocabulary, tokens-published.tsv.

usage: python3 src/test/python/tokenizer_references.py [FOLDER WITH vocab.json AND merges.txt]

An independent, slow implementation of the rule in spec form: plain Python, unicodedata for the character
classes, the textbook BPE loop. The small vocabulary is trained here too, on the prompts; its sums are
in the first rows, so that the trainer in Java is held against another one.
"""

import json
import os
import random
import sys
import unicodedata
import zlib
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "resources", "io", "attune", "clip")
PROMPTS = os.path.join(HERE, "..", "..", "main", "resources", "io", "attune", "hba", "prompts.txt")
SMALL = 700
WHITE_SPACE = set(
    list(range(0x09, 0x0E)) + [0x20, 0x85, 0xA0, 0x1680] + list(range(0x2000, 0x200B)) + [0x2028, 0x2029, 0x202F, 0x205F, 0x3000]
)
SPECIALS = ["<|startoftext|>", "<|endoftext|>"]
CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"]

TEXTS = [
    "", " ", "hello world", "Hello  World", "HELLO\tWORLD\n", "a photo of a cat", "it's, they'll, I'd, we've, you're, don't, I'm",
    "IT'S they'LL", "''s '''t !'s", "x'sy", "rock'n'roll's", "3.14159 and 1,000", "2nd 3rd", "x²+y³=½", "Ⅷ Roman ⅷ ①②", "٣٤٥ ४५",
    "ΣΊΣΥΦΟΣ ΟΔΟΣ", "İstanbul IĞDIR ı", "ẞ Straße ŒUVRE ǅ", "Ⓐ Ⅳ", "e\u0301 é É E\u0301", "A\u030a Å \u212b", "\u1e9b\u0323 ﬁ",
    "한국어 각", "日本語のテキスト", "中文，标点。", "हिन्दी नमस्ते", "ไทย", "العَرَبِيَّة", "עִבְרִית", "😀 emoji 👩‍👩‍👧 👍🏽 🇩🇪", "zero\u200bwidth\u200djoin",
    "no\u00a0break\u2003em\u3000ideographic\u0085next\u2028line", "a\u001cb\u001fc", "mongolian\u180evowel", "tab\u000bvt\u000cff",
    "<|startoftext|>", "a<|endoftext|>b", "<|endoftext|><|endoftext|>", " <|endoftext|> x ", "<|ENDOFTEXT|>", "<|endoftext", "<|<|endoftext|>|>",
    "<|startoftext|> hi <|endoftext|> there", "under_score snake_case", "C++ & C# @home #tag $5 50%", "&amp; &lt;b&gt;", "...!!!???", "…—–‘’“”",
    "#version", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "\ufeffbom", "\ufffd replacement", "\u0000 nul", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟛", "𐐀𐐨 deseret", "ǆ Ǆ", "ᾼ ᾳ", "K \u212a \u2126", "Ꭰ ꭰ",
]  # fmt: skip


def byte_symbols():
    plain = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or 174 <= b]
    symbols = {b: chr(b) for b in plain}
    for b in range(256):
        if b not in symbols:
            symbols[b] = chr(256 + len(symbols) - len(plain))
    return symbols, plain + [b for b in range(256) if b not in plain]


SYMBOLS, ORDER = byte_symbols()


def kind(c):
    if ord(c) in WHITE_SPACE:
        return "space"
    return {"L": "letter", "N": "number"}.get(unicodedata.category(c)[0], "other")


def words(text):
    text = unicodedata.normalize("NFC", text)
    text = "".join(" " if kind(c) == "space" else c for c in text)
    while "  " in text:
        text = text.replace("  ", " ")
    text = "".join(c.lower() for c in text)
    at = 0
    while at < len(text):
        here = kind(text[at])
        contraction = [c for c in CONTRACTIONS if text.startswith(c, at)]
        if here == "space":
            at += 1
            continue
        if contraction:
            end = at + len(contraction[0])
        elif here == "number":
            end = at + 1
        else:
            end = at
            while end < len(text) and kind(text[end]) == here:
                end += 1
        yield text[at:end]
        at = end


def symbols_of(word):
    symbols = [SYMBOLS[b] for b in word.encode("utf-8")]
    symbols[-1] += "</w>"
    return symbols


class Bpe:
    def __init__(self, ids, merges):
        self.ids = ids
        self.ranks = {tuple(m.split(" ")): i for i, m in enumerate(merges)}

    def word(self, word):
        parts = symbols_of(word)
        while True:
            pairs = [(self.ranks[p], p) for p in zip(parts, parts[1:]) if p in self.ranks]
            if not pairs:
                return [self.ids[p] for p in parts]
            best = min(pairs)[1]
            at = 0
            while at + 1 < len(parts):
                if (parts[at], parts[at + 1]) == best:
                    parts[at : at + 2] = ["".join(best)]
                at += 1

    def encode(self, text):
        out = [self.ids[SPECIALS[0]]]
        while text:
            found = [(text.find(s), s) for s in SPECIALS if s in text]
            at, special = min(found) if found else (len(text), "")
            for word in words(text[:at]):
                out += self.word(word)
            if special:
                out.append(self.ids[special])
            text = text[at + len(special) :]
        return out + [self.ids[SPECIALS[1]]]


def train(texts, size):
    tokens = [SYMBOLS[b] for b in ORDER] + [SYMBOLS[b] + "</w>" for b in ORDER]
    ids = {t: i for i, t in enumerate(tokens)}
    corpus = [(symbols_of(w), n) for w, n in Counter(w for t in texts for w in words(t)).items()]
    merges = []
    while len(ids) + 2 < size:
        counts = Counter()
        for parts, n in corpus:
            for pair in zip(parts, parts[1:]):
                counts[pair] += n
        if not counts or max(counts.values()) < 2:
            break
        best = min(counts, key=lambda p: (-counts[p], ids[p[0]], ids[p[1]]))
        ids.setdefault("".join(best), len(ids))
        merges.append(" ".join(best))
        for parts, _ in corpus:
            at = 0
            while at + 1 < len(parts):
                if (parts[at], parts[at + 1]) == best:
                    parts[at : at + 2] = ["".join(best)]
                at += 1
    for special in SPECIALS:
        ids[special] = len(ids)
    return ids, merges


def random_texts(count):
    """Strings from ranges where the rule is delicate; assigned characters only, of old Unicode versions."""
    draw = random.Random(20261122)
    ranges = [(0x20, 0x7E), (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x4FF), (0x1E00, 0x1FFF), (0x2000, 0x206F),
              (0x2150, 0x218F), (0x3040, 0x30FF), (0xAC00, 0xAC60), (0x1F600, 0x1F64F), (0x10400, 0x1044F)]  # fmt: skip
    for _ in range(count):
        text = ""
        while len(text) < draw.randint(1, 25):
            low, high = draw.choice(ranges)
            c = chr(draw.randint(low, high))
            if unicodedata.category(c) != "Cn":
                text += c
            if draw.random() < 0.05:
                text += draw.choice(SPECIALS + CONTRACTIONS)
        yield text


def write(name, header, bpe, texts):
    with open(os.path.join(OUT, name), "w") as f:
        for line in header:
            f.write("# " + line + "\n")
        for text in texts:
            f.write(json.dumps(text) + "\t" + " ".join(map(str, bpe.encode(text))) + "\n")
    print(name, len(texts))


def main():
    with open(PROMPTS, encoding="utf-8") as f:
        prompts = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    assert len(prompts) == 66
    texts = prompts + TEXTS + list(random_texts(150))
    with open(os.path.join(OUT, "vocabularies.tsv"), "w") as f:
        f.write("# tokens wanted, got, crc32 of vocab.json, crc32 of merges.txt\n")
        for wanted in (514, 530, 600, SMALL):
            ids, merges = train(prompts, wanted)
            vocabulary = json.dumps(ids, ensure_ascii=False, separators=(",", ":"))
            lines = "#version: 0.2\n" + "".join(m + "\n" for m in merges)
            sums = [zlib.crc32(text.encode()) for text in (vocabulary, lines)]
            f.write("%d\t%d\t%08x\t%08x\n" % (wanted, len(ids), *sums))
    write("tokens-small.tsv", ["text in JSON, ids with the small vocabulary"], Bpe(ids, merges), texts)
    if len(sys.argv) > 1:
        with open(os.path.join(sys.argv[1], "vocab.json"), encoding="utf-8") as f:
            ids = json.load(f)
        with open(os.path.join(sys.argv[1], "merges.txt"), encoding="utf-8") as f:
            merges = f.read().strip().split("\n")[1:]
        write("tokens-published.tsv", ["text in JSON, ids with the published vocabulary"], Bpe(ids, merges), texts)


main()
