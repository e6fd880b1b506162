"""A model repository as Triton's examples have one, made by our own script: the same names, tensors and answers.
SPDX-License-Identifier: Apache-2.0
"""

from onnx import TensorProto, helper

SEQUENCE = """
sequence_batching {{
  control_input [
    {{ name: "START" control [ {{ kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] }} ] }},
    {{ name: "READY" control [ {{ kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] }} ] }}{more}
  ]
}}
"""
DYNA = """,
    { name: "END" control [ { kind: CONTROL_SEQUENCE_END int32_false_true: [ 0, 1 ] } ] },
    { name: "CORRID" control [ { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } ] }"""


def write(folder, name, nodes, inputs, outputs, config, version=1):
    def values(tensors):
        return [helper.make_tensor_value_info(n, t, ["batch", *dims]) for n, t, dims in tensors]

    graph = helper.make_graph(nodes, name, values(inputs), values(outputs))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    place = folder / name / str(version)
    place.mkdir(parents=True, exist_ok=True)
    (place / "model.onnx").write_bytes(model.SerializeToString())
    (folder / name / "config.pbtxt").write_text(f'name: "{name}"\nplatform: "onnxruntime_onnx"\n{config}')


def tensors(kind, prefix, type_name, count=2, dims=16):
    each = ",\n".join(
        f'  {{ name: "{prefix}{i}" data_type: {type_name} dims: [ {dims} ] }}' for i in range(count)
    )
    return f"{kind} [\n{each}\n]\n"


def add_sub(folder, name, kind, type_name):
    nodes = [helper.make_node("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]), helper.make_node("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"])]
    config = "max_batch_size: 8\n" + tensors("input", "INPUT", type_name) + tensors("output", "OUTPUT", type_name)
    write(folder, name, nodes, [(f"INPUT{i}", kind, [16]) for i in (0, 1)], [(f"OUTPUT{i}", kind, [16]) for i in (0, 1)], config)


def add_sub_strings(folder):
    cast, text = TensorProto.INT64, TensorProto.STRING
    nodes = [helper.make_node("Cast", [f"INPUT{i}"], [f"in{i}"], to=cast) for i in (0, 1)]
    nodes += [helper.make_node("Add", ["in0", "in1"], ["sum"]), helper.make_node("Sub", ["in0", "in1"], ["difference"])]
    nodes += [helper.make_node("Cast", [n], [f"OUTPUT{i}"], to=text) for i, n in enumerate(["sum", "difference"])]
    config = "max_batch_size: 8\n" + tensors("input", "INPUT", "TYPE_STRING") + tensors("output", "OUTPUT", "TYPE_STRING")
    write(folder, "simple_string", nodes, [(f"INPUT{i}", text, [16]) for i in (0, 1)], [(f"OUTPUT{i}", text, [16]) for i in (0, 1)], config)


def sequence(folder, name, dyna):
    """READY * (INPUT + START), and with `dyna` END * CORRID more: no state, as the examples' models have none."""
    kind = TensorProto.INT32
    inputs = [(n, kind, [1]) for n in ["INPUT", "START", "READY"] + (["END"] if dyna else [])]
    inputs += [("CORRID", TensorProto.UINT64, [1])] if dyna else []
    out = "now" if dyna else "OUTPUT"
    nodes = [helper.make_node("Add", ["INPUT", "START"], ["begun"]), helper.make_node("Mul", ["begun", "READY"], [out])]
    if dyna:
        nodes += [
            helper.make_node("Cast", ["CORRID"], ["id"], to=kind),
            helper.make_node("Mul", ["END", "id"], ["ended"]),
            helper.make_node("Add", ["now", "ended"], ["OUTPUT"]),
        ]
    config = "max_batch_size: 8\n" + SEQUENCE.format(more=DYNA if dyna else "")
    config += tensors("input", "INPUT", "TYPE_INT32", 1, 1).replace("INPUT0", "INPUT")
    config += tensors("output", "OUTPUT", "TYPE_INT32", 1, 1).replace("OUTPUT0", "OUTPUT")
    write(folder, name, nodes, inputs, [("OUTPUT", kind, [1])], config)


def classes(folder):
    """Three scores of one number, with a label file."""
    weights = helper.make_tensor("w", TensorProto.FLOAT, [1, 3], [1.0, 3.0, 2.0])
    nodes = [helper.make_node("Constant", [], ["weights"], value=weights), helper.make_node("MatMul", ["X", "weights"], ["SCORES"])]
    config = 'input [ { name: "X" data_type: TYPE_FP32 dims: [ 1 ] } ]\n'
    config += 'output [ { name: "SCORES" data_type: TYPE_FP32 dims: [ 3 ] label_filename: "labels.txt" } ]\n'
    write(folder, "classes", nodes, [("X", TensorProto.FLOAT, [1])], [("SCORES", TensorProto.FLOAT, [3])], config)
    (folder / "classes" / "labels.txt").write_text("apple\nbanana\ncherry\n")


def identity(folder):
    node = helper.make_node("Identity", ["INPUT0"], ["OUTPUT0"])
    config = "max_batch_size: 8\n" + tensors("input", "INPUT", "TYPE_STRING", 1) + tensors("output", "OUTPUT", "TYPE_STRING", 1)
    write(folder, "simple_identity", [node], [("INPUT0", TensorProto.STRING, [16])], [("OUTPUT0", TensorProto.STRING, [16])], config)


def repository(folder):
    """Seven models, which is what Triton's example of model control counts."""
    add_sub(folder, "simple", TensorProto.INT32, "TYPE_INT32")
    add_sub(folder, "simple_int8", TensorProto.INT8, "TYPE_INT8")
    add_sub_strings(folder)
    sequence(folder, "simple_sequence", False)
    sequence(folder, "simple_dyna_sequence", True)
    identity(folder)
    classes(folder)
