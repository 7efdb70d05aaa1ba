"""Writes what PyTorch computes for the layers that it has too, as JSON files that tests read.

    .venv/bin/pip install torch numpy
    .venv/bin/python bench/goldens.py test/goldens

A file holds cases. A case has `options`, what goes in (`inputs` and `weights`, by PyTorch's own names and in its own
layouts), `outputs`, the `seeds` of the loss sum(output * seed), and its `gradients` by inputs and weights. All numbers
are float64; those that go in have three decimals. `lengths`, where given, are those of the sequences of a padded batch.
"""

import json
import pathlib
import sys

import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def drawn(generator, *shape):
    return torch.round(torch.rand(shape, generator=generator) * 2 - 1, decimals=3)


def written(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().reshape(-1).tolist()}


def case(title, options, module, inputs, run, lengths=None):
    """Runs a module with weights drawn anew; `run` gives its outputs by name."""
    generator = torch.Generator().manual_seed(1)
    inputs = {name: drawn(generator, *shape).requires_grad_() for name, shape in inputs.items()}
    weights = dict(module.named_parameters())
    with torch.no_grad():
        for weight in weights.values():
            weight.copy_(drawn(generator, *weight.shape))
    outputs = run(module, inputs)
    seeds = {name: drawn(generator, *output.shape) for name, output in outputs.items()}
    sum((outputs[name] * seeds[name]).sum() for name in outputs).backward()
    return {
        "title": title,
        "options": options,
        **({"lengths": lengths} if lengths else {}),
        "inputs": {name: written(value) for name, value in inputs.items()},
        "weights": {name: written(value) for name, value in weights.items()},
        "seeds": {name: written(value) for name, value in seeds.items()},
        "outputs": {name: written(value) for name, value in outputs.items()},
        "gradients": {name: written(value.grad) for name, value in {**inputs, **weights}.items()},
    }


TIME, BATCH, INPUTS, UNITS = 4, 2, 3, 4


def recurrent(title, layer, options=None, lengths=None):
    """A recurrent layer from given states; with lengths, over a padded batch from zeros."""
    options = options or {}
    module = layer(INPUTS, UNITS, **options)
    stack = module.num_layers * (2 if module.bidirectional else 1)
    states = {"hidden": [stack, BATCH, module.proj_size or UNITS]}
    if isinstance(module, torch.nn.LSTM):
        states["memory"] = [stack, BATCH, UNITS]

    def run(module, inputs):
        given = tuple(inputs[name] for name in states if name in inputs)
        x = inputs["x"]
        if lengths:
            x = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        outputs, last = module(x, (given if len(given) > 1 else given[0]) if given else None)
        if lengths:
            outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(outputs)
        last = last if isinstance(last, tuple) else (last,)
        return {"outputs": outputs, **{f"last.{name}": value for name, value in zip(states, last)}}

    inputs = {"x": [TIME, BATCH, INPUTS], **({} if lengths else states)}
    return case(title, options, module, inputs, run, lengths)


def recurrent_family(layer, **options):
    both = {**options, "bidirectional": True}
    return [
        recurrent("one way, from given states", layer, options),
        recurrent("both ways, two layers, from given states", layer, {**both, "num_layers": 2}),
        recurrent("both ways, over unequal lengths", layer, both, lengths=[2, TIME]),
    ]


def convolution(title, layer, x, out_channels, **options):
    module = layer(x[1], out_channels, **options)
    return case(title, options, module, {"x": x}, lambda module, inputs: {"outputs": module(inputs["x"])})


def convolutions():
    line, plane = torch.nn.Conv1d, torch.nn.Conv2d
    strided = {"kernel_size": 4, "stride": 3, "dilation": 2, "padding": 1}
    uneven = {"kernel_size": [3, 2], "stride": [2, 1], "dilation": [1, 2], "padding": [1, 2]}
    return [
        convolution("line", line, [2, 3, 7], 2, kernel_size=3),
        convolution("line, stride 2", line, [2, 3, 8], 2, kernel_size=3, stride=2),
        convolution("line, dilation 3, padding 3", line, [2, 3, 7], 2, kernel_size=3, dilation=3, padding=3),
        convolution("line, stride 3, dilation 2, padding 1", line, [2, 3, 9], 2, **strided),
        convolution("plane", plane, [2, 2, 5, 4], 3, kernel_size=[3, 2]),
        convolution("plane, padding 2", plane, [1, 2, 4, 3], 2, kernel_size=[5, 5], padding=[2, 2]),
        convolution("plane, all of them", plane, [1, 2, 7, 6], 2, **uneven),
    ]


def attention(title, causal=False, lengths=None, crossed=False):
    """Multi-head attention of a sequence to itself, or to another one of other length and width, cut to its lengths."""
    width, heads, queries, keys = 6, 2, 4, 5 if crossed else 4
    module = torch.nn.MultiheadAttention(width, heads, **({"kdim": 3, "vdim": 3} if crossed else {}))
    inputs = {"x": [queries, BATCH, width], **({"memory": [keys, BATCH, 3]} if crossed else {})}

    def run(module, inputs):
        other = inputs.get("memory", inputs["x"])
        future = torch.ones(queries, keys, dtype=torch.bool).triu(1) if causal else None
        absent = torch.arange(keys) >= torch.tensor(lengths).unsqueeze(1) if lengths else None
        masks = {"attn_mask": future, "key_padding_mask": absent}
        outputs, weights = module(inputs["x"], other, other, average_attn_weights=False, **masks)
        return {"outputs": outputs, "attention": weights}

    return case(title, {"heads": heads, "causal": causal}, module, inputs, run, lengths)


def attentions():
    return [
        attention("to itself"),
        attention("to itself, causal", causal=True),
        attention("to itself, over unequal lengths", lengths=[2, 4]),
        attention("to another sequence, over unequal lengths", lengths=[5, 3], crossed=True),
    ]


def save(folder, name, cases):
    made = f"bench/goldens.py with PyTorch {torch.__version__.split('+')[0]}"
    text = json.dumps({"made": made, "cases": cases}, separators=(",", ":"))
    (folder / f"{name}.json").write_text(text + "\n")


folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
save(folder, "lstm", recurrent_family(torch.nn.LSTM))
save(folder, "lstm-projection", recurrent_family(torch.nn.LSTM, proj_size=2))
save(folder, "gru", recurrent_family(torch.nn.GRU))
save(folder, "rnn-tanh", recurrent_family(torch.nn.RNN, nonlinearity="tanh"))
save(folder, "rnn-relu", recurrent_family(torch.nn.RNN, nonlinearity="relu"))
save(folder, "convolution", convolutions())
save(folder, "attention", attentions())
