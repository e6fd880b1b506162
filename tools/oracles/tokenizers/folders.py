"""Folders of model.onnx and a tokenizer, and what ONNX Runtime and the tokenizers library give for texts.

    PYTHON tools/oracles/tokenizers/folders.py --out tests/golden/text_models              # small ones, made here
    PYTHON tools/oracles/tokenizers/folders.py --out build/oracles/text --real FOLDER...    # real ones too

Per folder: NAME/ and NAME.json with the texts and, for each, what comes out: logits, or the embedding as sentence-transformers
makes it of the tokens.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import json
import pathlib

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

import make

TEXTS = ["The flight was delayed.", "", "航班延误了 and the weather", "unbelievable! " * 40, "Café?", "a"]


def graph(rng, tokens, columns, classifies, types=True):
    """Embeddings of the tokens (and of their types), and a matrix: for each token, or of their mean."""
    weights = [("table", rng.normal(size=(tokens, 8))), ("kinds", rng.normal(size=(2, 8))), ("matrix", rng.normal(size=(8, columns)))]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["x0"])]
    inputs = ["input_ids", "attention_mask"]
    if types:
        nodes += [helper.make_node("Gather", ["kinds", "token_type_ids"], ["x1"]), helper.make_node("Add", ["x0", "x1"], ["x"])]
        inputs.append("token_type_ids")
    else:
        nodes += [helper.make_node("Identity", ["x0"], ["x"])]
    nodes += [helper.make_node("Tanh", ["x"], ["y"]), helper.make_node("MatMul", ["y", "matrix"], ["last_hidden_state"])]
    if classifies:
        nodes += [helper.make_node("Cast", ["attention_mask"], ["m"], to=TensorProto.FLOAT), helper.make_node("Unsqueeze", ["m", "axis"], ["m3"]),
                  helper.make_node("Mul", ["last_hidden_state", "m3"], ["masked"]), helper.make_node("ReduceSum", ["masked", "first"], ["logits"], keepdims=0)]
    out = "logits" if classifies else "last_hidden_state"
    shape = ["batch", columns] if classifies else ["batch", "tokens", columns]
    initializers = [numpy_helper.from_array(value.astype(numpy.float32), name) for name, value in weights]
    initializers += [numpy_helper.from_array(numpy.array([-1], dtype=numpy.int64), "axis"), numpy_helper.from_array(numpy.array([1], dtype=numpy.int64), "first")]
    made = helper.make_graph(nodes, "g", [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in inputs],
                             [helper.make_tensor_value_info(out, TensorProto.FLOAT, shape)], initializers)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write(folder, tokenizer, model, **files):
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.with_name(path.name + ".json").write_text(json.dumps(content))
    if isinstance(tokenizer, str):
        (folder / "vocab.txt").write_text(tokenizer)
    else:
        (folder / "tokenizer.json").write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")))


def expected(folder, texts):
    """As transformers and sentence-transformers compute it, a text at a time."""
    if (folder / "tokenizer.json").exists():
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    else:
        tokenizer = make.bert_from(folder / "vocab.txt")
    read = lambda name: json.loads((folder / name).read_text()) if (folder / name).exists() else {}  # noqa: E731
    length = read("sentence_bert_config.json").get("max_seq_length") or (tokenizer.truncation or {}).get("max_length") or read("config.json").get("max_position_embeddings", 512)
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)
    session = onnxruntime.InferenceSession(str(next(folder.glob("**/*.onnx"))), providers=["CPUExecutionProvider"])
    pooling, modules = read("1_Pooling/config.json"), read("modules.json")
    rows = []
    for text in texts:
        encoded = tokenizer.encode(text)
        all_inputs = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids}
        kinds = {i.name: numpy.int32 if "int32" in i.type else numpy.int64 for i in session.get_inputs()}
        names = [o.name for o in session.get_outputs()]
        wanted = next((name for name in ("logits", "sentence_embedding") if name in names), names[0])
        out = session.run([wanted], {name: numpy.array([all_inputs[name]], dtype=kinds[name]) for name in kinds})[0][0]
        if out.ndim == 2:
            out = out[0] if pooling.get("pooling_mode_cls_token") else out.mean(axis=0)
        if any(module["type"].endswith("Normalize") for module in modules):
            out = out / numpy.linalg.norm(out)
        rows.append([float(value) for value in out])
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--real", type=pathlib.Path, nargs="*", default=[])
    options = parser.parse_args()
    rng = numpy.random.default_rng(7)
    out = options.out
    bert, roberta = make.MADE["bert_lower"](), make.MADE["roberta"]()
    pooling = {"word_embedding_dimension": 3, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
    write(out / "classifier", bert, graph(rng, bert.get_vocab_size(), 3, True), config={"id2label": {"0": "bad", "1": "fine", "2": "good"}, "max_position_embeddings": 64})
    write(out / "binary", roberta, graph(rng, roberta.get_vocab_size(), 2, True, types=False), config={"id2label": {"0": "no", "1": "yes"}, "model_type": "roberta", "max_position_embeddings": 66})
    vocabulary = "".join(token + "\n" for token, _ in sorted(bert.get_vocab().items(), key=lambda item: item[1]))
    write(out / "embedding", vocabulary, graph(rng, bert.get_vocab_size(), 3, False), sentence_bert_config={"max_seq_length": 16}, **{"1_Pooling__config": pooling},
          modules=[{"type": "sentence_transformers.models.Transformer"}, {"type": "sentence_transformers.models.Pooling"}, {"type": "sentence_transformers.models.Normalize"}])
    folders = [out / name for name in ("classifier", "binary", "embedding")] + options.real
    for folder in folders:
        (out / f"{folder.name}.json").write_text(json.dumps({"folder": str(folder), "texts": TEXTS, "rows": expected(folder, TEXTS)}))
    print(f"{len(folders)} folders, {len(TEXTS)} texts each")


if __name__ == "__main__":
    main()
