#!/usr/bin/env python3
"""Makes ONNX models of many kinds, rows for them, and what ONNX Runtime answers: the goldens of tests/golden/onnx.

    make.py --out DIR [--seed N] [--random N] [--rows N] [--differences]

Needs the pinned environment of requirements.txt. A case is NAME.onnx, NAME.rows (numbers that go in, float64, row
by row), NAME.out (numbers that come out, the same), and an entry in cases.json with names, types and texts.
--random: how many generated tree graphs on top of the converters' models. --differences prints on how many rows the
converted model differs from the library that trained it.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import pathlib
import warnings

import numpy as np
import onnxruntime

import graphs
import trained

warnings.filterwarnings("ignore")


def session_of(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def thresholds_of(model):
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "nodes_values":
                yield from attribute.floats
            if attribute.name == "nodes_values_as_tensor":
                yield from np.frombuffer(attribute.t.raw_data, np.float64)


def rows_of(case, count, random):
    """Per tensor going in, an array; edges of the model and of the numbers among them."""
    arrays = {}
    thresholds = np.array(list(thresholds_of(case["model"])) or [0.0])
    for name, (kind, shape) in case["inputs"].items():
        size = (count, *shape)
        if kind == "text":
            arrays[name] = random.choice(case["texts"] + ["unseen", ""], size).astype(object)
        elif kind.startswith(("int", "bool")):
            arrays[name] = random.randint(0, 4 if kind != "bool" else 2, size).astype(kind)
        else:
            values = random.randn(*size).astype(kind) * 2
            edge = random.rand(*size)
            picked = random.choice(thresholds, size).astype(kind)
            if case.get("edges", True):
                for low, high, other in ((0, 0.08, picked), (0.08, 0.12, np.nextafter(picked, kind_of(kind)(np.inf))),
                                         (0.12, 0.16, np.nextafter(picked, kind_of(kind)(-np.inf)))):
                    values = np.where((edge >= low) & (edge < high), other, values)
                for at, special in enumerate((np.inf, -np.inf, 0.0, -0.0, 1e-42)):
                    values[(edge > 0.30 + 0.01 * at) & (edge < 0.31 + 0.01 * at)] = special
            if case.get("missing", True):
                values[(edge > 0.5) & (edge < 0.55)] = np.nan
            arrays[name] = values.astype(kind)
    return arrays


def kind_of(kind):
    return {"float32": np.float32, "float64": np.float64}[kind]


def columns_of(name, array):
    flat = array.reshape(len(array), -1)
    if flat.shape[1] == 1:
        return [(name, flat[:, 0])]
    return [(f"{name}_{c}", flat[:, c]) for c in range(flat.shape[1])]


def named(case, session, results):
    """What comes out, by the names of docs/reference/outputs.md."""
    names = [output.name for output in session.get_outputs()]
    values = dict(zip(names, results))
    if case["kind"] == "classifier":
        label, probabilities = results[0], results[1] if len(results) > 1 else None
        yield "label", np.array([str(each) for each in np.ravel(label)], object)
        if isinstance(probabilities, list):
            for key in probabilities[0]:
                yield f"p_{key}", np.array([row[key] for row in probabilities], np.float32)
        elif probabilities is not None:
            for c, key in enumerate(case["classes"]):
                yield f"p_{key}", probabilities[:, c]
    elif case["kind"] == "regression":
        yield "prediction", np.ravel(results[0])
    else:
        for name in names:
            yield from columns_of(name, np.asarray(values[name]))


def write_numbers(path, columns):
    numbers = [np.asarray(c, np.float64) for c in columns if c.dtype != object]
    path.write_bytes(np.stack(numbers, 1).tobytes() if numbers else b"")


def described(columns):
    return [{"name": n, "texts": [str(t) for t in c]} if c.dtype == object else {"name": n} for n, c in columns]


def make(case, folder, count, random):
    session = session_of(case["model"])
    arrays = rows_of(case, count, random)
    if case.get("batch") == 1:
        alone = [session.run(None, {name: array[r:r + 1] for name, array in arrays.items()}) for r in range(count)]
        results = [np.concatenate(parts) for parts in zip(*alone)]
    else:
        results = session.run(None, arrays)
    inputs = [pair for name, array in arrays.items() for pair in columns_of(name, array)]
    outputs = list(named(case, session, results))
    path = folder / case["name"]
    path.with_suffix(".onnx").write_bytes(case["model"].SerializeToString())
    write_numbers(path.with_suffix(".rows"), [c for _, c in inputs])
    write_numbers(path.with_suffix(".out"), [c for _, c in outputs])
    return {"name": case["name"], "rows": count, "lifted": case["lifted"], "inputs": described(inputs),
            "outputs": described(outputs)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--random", type=int, default=12)
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--differences", action="store_true")
    arguments = parser.parse_args()
    if arguments.differences:
        trained.print_differences(arguments.seed, session_of)
        return
    arguments.out.mkdir(parents=True, exist_ok=True)
    random = np.random.RandomState(arguments.seed)
    cases = list(trained.cases(random)) + list(graphs.cases(random, arguments.random))
    entries = []
    for case in cases:
        try:
            entries.append(make(case, arguments.out, arguments.rows, random))
        except Exception as error:  # a graph that ONNX Runtime does not take is no golden
            print(f"{case['name']}: left out: {str(error)[:200]}")
    (arguments.out / "tokens.onnx").write_bytes(graphs.tokens().SerializeToString())
    for name, graph in graphs.unbindable():
        (arguments.out / f"{name}.onnx").write_bytes(graph.SerializeToString())
    (arguments.out / "cases.json").write_text(json.dumps({"cases": entries}, indent=0))
    print(f"{len(entries)} cases in {arguments.out}")


if __name__ == "__main__":
    main()
