"""Graphs that no converter writes, or not often: random trees of every mode, and what runs whole.

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

WIDTH = 5
OPSETS = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
TYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE, "int32": TensorProto.INT32,
         "int64": TensorProto.INT64, "bool": TensorProto.BOOL, "text": TensorProto.STRING}


def model_of(nodes, inputs, outputs, constants=(), batch="N"):
    def values(tensors):
        return [helper.make_tensor_value_info(name, TYPES[kind], [batch, *shape]) for name, (kind, shape) in
                tensors.items()]
    graph = helper.make_graph(nodes, "g", values(inputs), values(outputs), initializer=list(constants))
    made = helper.make_model(graph, opset_imports=OPSETS)
    made.ir_version = 10
    return made


def case(name, nodes, inputs, outputs, kind, lifted, constants=(), batch="N", **more):
    return {"name": name, "model": model_of(nodes, inputs, outputs, constants, batch), "kind": kind, "lifted": lifted,
            "inputs": inputs, "batch": batch, **more}


def random_trees(random, targets, modes, positive, spread):
    """Attributes of trees; each leaf names one target, or all of them."""
    nodes = {key: [] for key in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
                                 "missing_value_tracks_true")}
    leaves = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
    for tree in range(random.randint(1, 8) + (targets if not spread else 0)):
        count = [0]

        def grow(depth):
            at, count[0] = count[0], count[0] + 1
            place = len(nodes["nodeids"])
            leaf = depth == 0 or random.rand() < 0.2
            for key, value in (("treeids", tree), ("nodeids", at), ("featureids", random.randint(WIDTH)),
                               ("values", 0.0 if leaf else float(np.float32(random.randn()))),
                               ("modes", "LEAF" if leaf else random.choice(modes)), ("truenodeids", 0),
                               ("falsenodeids", 0), ("missing_value_tracks_true", random.randint(2))):
                nodes[key].append(value)
            if leaf:
                for target in (range(targets) if spread else [tree % targets]):
                    leaves["treeids"].append(tree)
                    leaves["nodeids"].append(at)
                    leaves["ids"].append(target)
                    weight = random.rand() if positive else random.randn()
                    leaves["weights"].append(float(np.float32(weight)))
                return at
            first, second = ("truenodeids", "falsenodeids") if random.rand() < 0.5 else ("falsenodeids", "truenodeids")
            nodes[first][place] = grow(depth - 1)
            nodes[second][place] = grow(depth - 1)
            return at

        grow(random.randint(1, 5))
    if random.rand() < 0.3:
        del nodes["missing_value_tracks_true"]
    return nodes, leaves


def tree_case(random, number):
    kind = random.choice(["float32", "float32", "float64"])
    regressor = random.rand() < 0.5
    targets = int(random.randint(1, 4) if regressor else random.choice([2, 3, 4]))
    modes = [["BRANCH_LEQ"], ["BRANCH_LT"], ["BRANCH_GTE"], ["BRANCH_GT"],
             ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"]][random.randint(5)]
    positive = random.rand() < 0.4
    one = not regressor and targets == 2
    nodes, leaves = random_trees(random, 1 if one else targets, modes, positive, random.rand() < 0.5)
    attributes = {f"nodes_{key}": value for key, value in nodes.items()}
    what = "target" if regressor else "class"
    attributes.update({f"{what}_{key}": value for key, value in leaves.items()})
    if random.rand() < 0.5:
        attributes["base_values"] = [float(np.float32(b)) for b in random.randn(1 if one else targets)]
    if kind == "float64":
        for key in ("nodes_values", f"{what}_weights", "base_values"):
            if key in attributes and random.rand() < 0.7:
                values = np.array(attributes.pop(key), np.float64)
                attributes[f"{key}_as_tensor"] = numpy_helper.from_array(values, key)
    inputs = {"X": (kind, (WIDTH,))}
    if regressor:
        if random.rand() < 0.4:
            attributes["aggregate_function"] = "AVERAGE"
        node = helper.make_node("TreeEnsembleRegressor", ["X"], ["y"], domain="ai.onnx.ml", n_targets=targets,
                                **attributes)
        return case(f"random_{number}", [node], inputs, {"y": ("float32", (targets,))},
                    "regression" if targets == 1 else "table", True)
    attributes["post_transform"] = random.choice(["NONE", "LOGISTIC"] + (["SOFTMAX"] if targets > 2 else []))
    classes = [f"k{c}" for c in range(targets)]
    node = helper.make_node("TreeEnsembleClassifier", ["X"], ["label", "scores"], domain="ai.onnx.ml",
                            classlabels_strings=classes, **attributes)
    return case(f"random_{number}", [node], inputs, {"label": ("text", ()), "scores": ("float32", (targets,))},
                "classifier", kind == "float32", classes=classes)


def whole():
    """What slipway has no operators for."""
    sixteen = {"INPUT0": ("int32", (16,)), "INPUT1": ("int32", (16,))}
    both = [helper.make_node("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]),
            helper.make_node("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"])]
    yield case("simple", both, sixteen, {"OUTPUT0": ("int32", (16,)), "OUTPUT1": ("int32", (16,))}, "table", False)
    yield case("text_concat", [helper.make_node("StringConcat", ["a", "b"], ["c"]),
                               helper.make_node("Identity", ["n"], ["m"])],
               {"a": ("text", (2,)), "b": ("text", (2,)), "n": ("int64", (1,))},
               {"c": ("text", (2,)), "m": ("int64", (1,))}, "table", False, texts=["x", "é", "a b"])
    weights = numpy_helper.from_array(np.arange(18, dtype=np.float32).reshape(2, 1, 3, 3) / 10, "w")
    yield case("image", [helper.make_node("Conv", ["image", "w"], ["r"], pads=[1, 1, 1, 1]),
                         helper.make_node("Relu", ["r"], ["p"]),
                         helper.make_node("GlobalAveragePool", ["p"], ["q"]),
                         helper.make_node("Flatten", ["q"], ["features"])],
               {"image": ("float32", (1, 4, 4))}, {"features": ("float32", (2,))}, "table", False, [weights],
               edges=False, missing=False)
    yield case("bools", [helper.make_node("Greater", ["x", "y"], ["more"]), helper.make_node("Not", ["f"], ["not"])],
               {"x": ("float64", (2,)), "y": ("float64", (2,)), "f": ("bool", (1,))},
               {"more": ("bool", (2,)), "not": ("bool", (1,))}, "table", False)
    yield case("one_row", [helper.make_node("Sin", ["x"], ["y"])], {"x": ("float32", (3,))}, {"y": ("float32", (3,))},
               "table", False, batch=1, edges=False)


def tokens():
    """Each token's number and its double: what src/scoring/onnx/onnx_test.cc cuts and pools."""
    nodes = [helper.make_node("Cast", ["ids"], ["f"], to=TensorProto.FLOAT),
             helper.make_node("Unsqueeze", ["f", "axis"], ["u"]), helper.make_node("Concat", ["u", "u2"], ["y"], axis=2),
             helper.make_node("Add", ["u", "u"], ["u2"])]
    nodes[2], nodes[3] = nodes[3], nodes[2]
    graph = helper.make_graph(
        nodes, "tokens", [helper.make_tensor_value_info(name, TensorProto.INT64, ["N", "L"]) for name in ("ids", "mask")],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", "L", 2])],
        initializer=[numpy_helper.from_array(np.array([2], np.int64), "axis")])
    made = helper.make_model(graph, opset_imports=OPSETS)
    made.ir_version = 10
    return made


def unbindable():
    """(name, graph) of what src/scoring/onnx binds no memory to: an input that comes out as it is, a shape that depends on what the rows hold."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])
    for name, node, outputs in (("handed_on", helper.make_node("Add", ["x", "x"], ["y"]), [x, ("y", TensorProto.FLOAT, ["N", 2])]),
                                ("as_many", helper.make_node("NonZero", ["x"], ["y"]), [("y", TensorProto.INT64, [2, "M"])])):
        given = [each if each is x else helper.make_tensor_value_info(*each) for each in outputs]
        made = helper.make_model(helper.make_graph([node], name, [x], given), opset_imports=OPSETS)
        made.ir_version = 10
        yield name, made


def cases(random, count):
    for each in whole():
        yield each
    for number in range(count):
        yield tree_case(random, number)
