"""The structural hash: blind to names, order, seeds and values, and to nothing else."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.saved_models import FIXTURES, NAMES
from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.savedmodel import protos
from tfx_hallmark.registry.savedmodel.structure import structure_of

FLOAT, INT32, STRING, INT64 = 1, 3, 7, 9


def node(nodes, name, op, *inputs, **attributes):
    """Adds a node; an attribute is given as (kind, value) or, for a constant, as a TensorProto."""
    added = nodes.add(name=name, op=op, input=list(inputs))
    for key, value in attributes.items():
        if isinstance(value, tuple):
            kind, content = value
            if kind == "func":
                added.attr[key].func.name = content
            elif kind == "shape":
                for size in content:
                    added.attr[key].shape.dim.add().size = size
            else:
                setattr(added.attr[key], kind, content)
        else:
            added.attr[key].tensor.CopyFrom(value)
    return added


def tensor(dtype, shape, **values):
    message = protos.new("TensorProto")
    message.dtype = dtype
    for size in shape:
        message.tensor_shape.dim.add().size = size
    for name, value in values.items():
        if isinstance(value, bytes):
            setattr(message, name, value)
        else:
            getattr(message, name).extend(value)
    return message


def graph(build, *, inputs=("a", "b"), outputs=("y",)):
    """A graph whose signature feeds the placeholders `inputs` and fetches `outputs`."""
    meta = protos.new("MetaGraphDef")
    for name in inputs:
        node(meta.graph_def.node, name, "Placeholder", dtype=("type", FLOAT))
    build(meta.graph_def)
    signature = meta.signature_def["serving_default"]
    for name in inputs:
        signature.inputs[name].name = f"{name}:0"
    for name in outputs:
        signature.outputs[name].name = f"{name}:0"
    return meta


def function(library, name, arguments, results, control=()):
    """Adds a function; `results` maps each result to what the body gives for it."""
    added = library.function.add()
    added.signature.name = name
    for argument in arguments:
        added.signature.input_arg.add(name=argument, type=FLOAT)
    for result, source in results.items():
        added.signature.output_arg.add(name=result, type=FLOAT)
        added.ret[result] = source
    for place, source in enumerate(control):
        added.control_ret[f"control_{place}"] = source
    return added.node_def


def structure(meta):
    return structure_of(meta, Path("model"))


def of(build, **ends):
    return structure(graph(build, **ends))


# Blind to names and order


def renamed(names, text):
    """Gives an input such as `^node` or `node:out:0` with the node's new name."""
    mark, bare = ("^", text[1:]) if text.startswith("^") else ("", text)
    name, colon, output = bare.partition(":")
    return mark + names.get(name, name) + colon + output


def shuffle(messages, shuffler):
    copies = [type(message).FromString(message.SerializeToString()) for message in messages]
    shuffler.shuffle(copies)
    del messages[:]
    messages.extend(copies)


def rename_body(nodes, functions, shuffler):
    """Renames and shuffles nodes, and what stands behind `^`, which has no order; gives the new names."""
    names = {n.name: f"n{shuffler.getrandbits(40)}" for n in nodes}
    for n in nodes:
        n.name = names[n.name]
        n.op = functions.get(n.op, n.op)
        sources = [renamed(names, source) for source in n.input]
        control = [source for source in sources if source.startswith("^")]
        shuffler.shuffle(control)
        n.input[:] = [source for source in sources if not source.startswith("^")] + control
        for value in n.attr.values():
            for called in [value.func] if value.HasField("func") else value.list.func:
                called.name = functions.get(called.name, called.name)
    shuffle(nodes, shuffler)
    return names


def rename(meta, seed):
    """Gives every node and function another name and the nodes and functions another order."""
    shuffler = random.Random(seed)
    library = meta.graph_def.library.function
    functions = {f.signature.name: f"__inference_{shuffler.getrandbits(40)}" for f in library}
    names = rename_body(meta.graph_def.node, functions, shuffler)
    for f in library:
        f.signature.name = functions[f.signature.name]
        inner = rename_body(f.node_def, functions, shuffler)
        for results in (f.ret, f.control_ret):
            for key in list(results):
                results[key] = renamed(inner, results[key])
    shuffle(library, shuffler)
    for signature in meta.signature_def.values():
        for info in [*signature.inputs.values(), *signature.outputs.values()]:
            info.name = renamed(names, info.name)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers())
def test_names_and_order_do_not_count(name, seed):
    saved_model = protos.decode("SavedModel", (FIXTURES / name / "saved_model.pb").read_bytes())
    meta = saved_model.meta_graphs[0]
    before = structure(meta)
    rename(meta, seed)
    assert structure(meta) == before


def test_what_no_signature_uses_does_not_count():
    def used(g):
        node(g.node, "y", "Add", "a", "b")

    def with_leftovers(g):
        used(g)
        node(g.node, "momentum", "VarHandleOp", dtype=("type", FLOAT))
        node(function(g.library, "__inference_train_1", ["x"], {"r": "z:y:0"}), "z", "Relu", "x")

    assert of(used) == of(with_leftovers)


@pytest.mark.parametrize(
    "attribute",
    [
        {"_class": ("s", b"loc:@w")},
        {"shared_name": ("s", b"w_3")},
        {"container": ("s", b"localhost")},
        {"seed": ("i", 7)},
        {"seed2": ("i", 7)},
        {"config_proto": ("s", b"x")},
        {"executor_type": ("s", b"x")},
    ],
)
def test_what_the_process_decides_does_not_count(attribute):
    assert of(lambda g: node(g.node, "y", "Add", "a", "b")) == of(
        lambda g: node(g.node, "y", "Add", "a", "b", **attribute)
    )


def test_the_device_does_not_count():
    meta = graph(lambda g: node(g.node, "y", "Add", "a", "b"))
    before = structure(meta)
    meta.graph_def.node[2].MergeFromString(b"\x22\x02/d")  # NodeDef.device, a field not described here
    assert structure(meta) == before


# Sees everything else


def chain(*ops):
    def build(g):
        source = "a"
        for place, op in enumerate(ops):
            source = node(g.node, "y" if place == len(ops) - 1 else f"n{place}", op, source).name

    return build


VARIANTS = {
    "plain": lambda g: node(g.node, "y", "Sub", "a", "b"),
    "operands swapped": lambda g: node(g.node, "y", "Sub", "b", "a"),
    "same operand twice": lambda g: node(g.node, "y", "Sub", "a", "a"),
    "another op": lambda g: node(g.node, "y", "Add", "a", "b"),
    "an attribute": lambda g: node(g.node, "y", "Sub", "a", "b", alpha=("f", 0.2)),
    "another value of it": lambda g: node(g.node, "y", "Sub", "a", "b", alpha=("f", 0.3)),
    "another name of it": lambda g: node(g.node, "y", "Sub", "a", "b", beta=("f", 0.3)),
    "another kind of it": lambda g: node(g.node, "y", "Sub", "a", "b", alpha=("i", 1)),
    "another output": lambda g: node(g.node, "y", "Sub", "a:1", "b"),
    "one layer": chain("Relu"),
    "two layers": chain("Relu", "Relu"),
    "the order of layers": chain("Relu", "Tanh"),
    "the other order": chain("Tanh", "Relu"),
    "control": lambda g: (node(g.node, "e", "Assert", "a"), node(g.node, "y", "Sub", "a", "b", "^e")),
    "other control": lambda g: (node(g.node, "e", "Print", "a"), node(g.node, "y", "Sub", "a", "b", "^e")),
}


def test_every_change_of_the_graph_counts():
    assert len({of(build) for build in VARIANTS.values()}) == len(VARIANTS)


def test_outputs_that_swap_names_count():
    def build(g):
        node(g.node, "y", "Relu", "a")
        node(g.node, "z", "Tanh", "a")

    meta = graph(build, outputs=("y", "z"))
    before = structure(meta)
    outputs = meta.signature_def["serving_default"].outputs
    outputs["y"].name, outputs["z"].name = "z:0", "y:0"
    assert structure(meta) != before


def test_the_names_that_clients_use_count():
    def named(signature, output):
        meta = graph(lambda g: node(g.node, "y", "Relu", "a"), inputs=("a",))
        copy = type(meta.signature_def["serving_default"])()
        copy.outputs[output].name = "y:0"
        del meta.signature_def["serving_default"]
        meta.signature_def[signature].CopyFrom(copy)
        return structure(meta)

    assert len({named("s", "o"), named("s", "p"), named("t", "o")}) == 3


def variables(*readers):
    """A model of two variables of one shape; each reader names the one that a product takes."""

    def build(g):
        for name in "vw":
            node(g.node, name, "VarHandleOp", dtype=("type", FLOAT), shape=("shape", [8, 8]))
        source = "a"
        for place, variable in enumerate(readers):
            node(g.node, f"r{place}", "ReadVariableOp", variable)
            last = place == len(readers) - 1
            source = node(g.node, "y" if last else f"m{place}", "MatMul", source, f"r{place}").name

    return of(build)


def test_weights_shared_are_not_weights_apart():
    assert variables("v", "w") == variables("w", "v")  # which is called what means nothing
    assert variables("v", "v") == variables("w", "w")
    assert variables("v", "v") != variables("v", "w")


def test_the_shape_of_a_variable_counts():
    def sized(units):
        def build(g):
            node(g.node, "v", "VarHandleOp", dtype=("type", FLOAT), shape=("shape", [3, units]))
            node(g.node, "y", "MatMul", "a", "v")

        return of(build)

    assert sized(8) != sized(9)


# Constants


def constant(op, value):
    def build(g):
        node(g.node, "c", "Const", value=value)
        node(g.node, "y", op, "a", "c")

    return of(build)


def test_numbers_that_data_decides_do_not_count():
    assert constant("Sub", tensor(FLOAT, [1], tensor_content=b"1234")) == constant(
        "Sub", tensor(FLOAT, [1], tensor_content=b"5678")
    )
    assert constant("Sub", tensor(INT64, [1], tensor_content=b"12345678")) == constant(
        "Sub", tensor(INT64, [1], tensor_content=b"87654321")
    )
    assert constant("Sub", tensor(FLOAT, [1])) != constant("Sub", tensor(FLOAT, [2]))
    assert constant("Sub", tensor(FLOAT, [1])) != constant("Sub", tensor(INT64, [1]))


def test_shapes_and_axes_count_however_they_are_stored():
    reshape = constant("Reshape", tensor(INT32, [2], int_val=[4, 2]))
    assert reshape == constant("Reshape", tensor(INT32, [2], tensor_content=b"\4\0\0\0\2\0\0\0"))
    assert reshape != constant("Reshape", tensor(INT32, [2], int_val=[2, 4]))
    filled = constant("Reshape", tensor(INT32, [2], int_val=[3]))
    assert filled == constant("Reshape", tensor(INT32, [2], int_val=[3, 3]))


def test_seeds_do_not_count():
    assert constant("StatelessRandomUniform", tensor(INT32, [2], int_val=[4, 2])) == constant(
        "StatelessRandomUniform", tensor(INT32, [2], int_val=[1, 2])
    )


def test_names_of_parsed_features_count_and_other_strings_do_not():
    one, other = (tensor(STRING, [1], string_val=[name]) for name in (b"/tmp/1/length", b"/tmp/2/width"))
    assert constant("ParseExampleV2", one) != constant("ParseExampleV2", other)
    assert constant("InitializeTableFromTextFileV2", one) == constant("InitializeTableFromTextFileV2", other)


# Functions


def calling(build_functions, callee="f"):
    def build(g):
        build_functions(g.library)
        node(g.node, "y", "StatefulPartitionedCall", "a", "b", f=("func", callee))

    return of(build)


def body(op, *inputs, name="f"):
    return lambda library: node(function(library, name, ["x", "y"], {"r": "n:z:0"}), "n", op, *inputs)


def test_a_function_counts_by_its_body():
    plain = calling(body("Sub", "x", "y"))
    assert plain == calling(body("Sub", "x", "y", name="__inference_9"), "__inference_9")
    assert plain != calling(body("Sub", "y", "x"))
    assert plain != calling(body("Add", "x", "y"))


def test_a_function_called_as_an_op_counts_by_its_body():
    def as_op(name, op):
        def build(g):
            body(op, "x", "y", name=name)(g.library)
            node(g.node, "y", name, "a", "b")

        return of(build)

    assert as_op("f_1", "Sub") == as_op("f_2", "Sub")
    assert as_op("f_1", "Sub") != as_op("f_1", "Add")


def test_a_change_deep_down_counts():
    def nested(op, depth=30):
        def build_functions(library):
            for level in range(depth):
                nodes = function(library, f"f{level}", ["x", "y"], {"r": "n:z:0"})
                node(nodes, "n", "PartitionedCall", "x", "y", f=("func", f"f{level + 1}"))
            body(op, "x", "y", name=f"f{depth}")(library)

        return calling(build_functions, "f0")

    assert nested("Sub") != nested("Add")


def circle(*ops, names="fgh", start=0):
    """Functions that call one another in a circle, each through an op of its own."""

    def build_functions(library):
        for place, op in enumerate(ops):
            nodes = function(library, names[place], ["x", "y"], {"r": "n:z:0"})
            node(nodes, "c", op, "x")
            node(nodes, "n", "PartitionedCall", "c:z:0", "y", f=("func", names[(place + 1) % len(ops)]))

    return calling(build_functions, names[start])


def test_functions_that_call_one_another_in_a_circle():
    assert circle("Relu", "Tanh", "Elu") == circle("Relu", "Tanh", "Elu", names="zxy")
    assert circle("Relu", "Tanh", "Elu") != circle("Relu", "Elu", "Tanh")
    assert circle("Relu", "Tanh", "Elu") != circle("Relu", "Tanh", "Elu", start=1)
    assert circle("Relu") != circle("Tanh")


def test_effects_in_a_function_count_in_any_order():
    def effects(*ops):
        def build_functions(library):
            nodes = function(library, "f", ["x", "y"], {"r": "x"}, control=[f"e{i}" for i in range(len(ops))])
            for place, op in enumerate(ops):
                node(nodes, f"e{place}", op, "x")

        return calling(build_functions)

    assert effects("Print", "Assert") == effects("Assert", "Print")
    assert effects("Print", "Assert") != effects("Print")


# Loops, size, damage


def loop(body_op, condition_op="Less"):
    def build(g):
        node(g.node, "enter", "Enter", "a", frame_name=("s", b"scope_3/while"))
        node(g.node, "merge", "Merge", "enter", "next")
        node(g.node, "test", condition_op, "merge", "b")
        node(g.node, "switch", "Switch", "merge", "test")
        node(g.node, "body", body_op, "switch:1")
        node(g.node, "next", "NextIteration", "body")
        node(g.node, "y", "Exit", "switch")

    return build


def test_a_tensorflow_1_loop():
    meta = graph(loop("Relu"))
    before = structure(meta)
    rename(meta, 1)
    assert structure(meta) == before
    assert before != of(loop("Tanh"))
    assert before != of(loop("Relu", "Greater"))


@pytest.mark.parametrize("control", ["", "^"])
def test_a_circle_is_refused(control):
    def build(g):
        node(g.node, "x", "Relu", f"{control}y")
        node(g.node, "y", "Relu", "x")

    with pytest.raises(InvalidModelError, match="depends on itself"):
        of(build)


def test_a_read_of_nothing_is_refused():
    with pytest.raises(InvalidModelError, match="it reads 'gone', which is not there"):
        of(lambda g: node(g.node, "y", "Relu", "gone"))


def test_a_deep_graph():
    def deep(last):
        return of(chain(*["Relu"] * 30_000, last))

    assert deep("Relu") != deep("Tanh")
