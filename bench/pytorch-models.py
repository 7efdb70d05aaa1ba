"""Writes small models of PyTorch as files that PyTorch saved, with what they compute.

    .venv/bin/pip install torch numpy
    .venv/bin/python bench/pytorch-models.py test/goldens/pytorch-models.json

A case has `file`, the bytes that torch.save wrote for the state dictionary (base64), `import`, what the importer is
told beside it, `x` and `y`. Weights follow a formula, in
64ths, which half precision holds exactly.
"""

import base64
import io
import json
import pathlib
import sys

import torch
from torch import nn

TIME, BATCH = 5, 2


def written(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().double().reshape(-1).tolist()}


def fill(module):
    with torch.no_grad():
        for place, weight in enumerate(module.parameters()):
            numbers = torch.arange(weight.numel(), dtype=torch.float64) * 12.9898 + place * 7.31
            weight.copy_((torch.round(torch.sin(numbers) * 51) / 64).reshape(weight.shape))


class Layers(nn.Module):
    """Layers by name, one over another; of recurrent ones the outputs go on."""

    def __init__(self, **layers):
        super().__init__()
        self.names = list(layers)
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x):
        for name in self.names:
            layer = getattr(self, name)
            x = stepped(layer, x) if isinstance(layer, nn.RNNCellBase) else layer(x)
            x = x[0] if isinstance(x, tuple) else x
        return x


def stepped(cell, x):
    state, outputs = None, []
    for step in x:
        state = cell(step, state)
        outputs.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(outputs)


def case(title, module, inputs, options=None, save=lambda state: state):
    fill(module)
    if isinstance(inputs, int):
        x = torch.sin(torch.arange(TIME * BATCH * inputs, dtype=torch.float64) * 3.7).reshape(TIME, BATCH, inputs)
        x = torch.round(x, decimals=3)
    else:
        x = (torch.arange(TIME * BATCH) * 7 % inputs[0]).reshape(TIME, BATCH)
    module, x = module.double(), x.double() if x.is_floating_point() else x
    y = stepped(module, x) if isinstance(module, nn.RNNCellBase) else module(x)
    y = y[0] if isinstance(y, tuple) else y
    file = io.BytesIO()
    torch.save(save(module.float().state_dict()), file)
    return {
        "title": title,
        "import": options or {},
        "file": base64.b64encode(file.getvalue()).decode(),
        "x": written(x),
        "y": written(y),
    }


def cases():
    both = {"num_layers": 2, "bidirectional": True}
    tagger = Layers(embed=nn.Embedding(7, 3), rnn=nn.LSTM(3, 4), fc=nn.Linear(4, 2))
    deep = Layers(fc1=nn.Linear(3, 4), gru=nn.GRU(4, 4), norm=nn.LayerNorm(4), fc2=nn.Linear(4, 4), out=nn.Linear(4, 1))
    deep_options = {
        "layers": ["fc1", "gru", "norm", "fc2", "out"],
        "activations": {"fc1": "relu", "fc2": "tanh", "out": "sigmoid"},
    }

    def deep_forward(x):
        hidden = deep.gru(torch.relu(deep.fc1(x)))[0]
        return torch.sigmoid(deep.out(torch.tanh(deep.fc2(deep.norm(hidden)))))

    deep.forward = deep_forward
    return [
        case("an LSTM by itself", nn.LSTM(3, 4), 3),
        case("an LSTM, two layers, both ways", nn.LSTM(3, 2, **both), 3),
        case("an LSTM without biases", nn.LSTM(3, 4, bias=False), 3),
        case("an LSTM with a projection, two layers, both ways", nn.LSTM(3, 4, proj_size=2, **both), 3),
        case("a GRU, two layers, both ways", nn.GRU(3, 2, **both), 3),
        case("an RNN, two layers", nn.RNN(3, 4, num_layers=2), 3),
        case("an RNN with relu", nn.RNN(3, 4, nonlinearity="relu"), 3, {"nonlinearity": "relu"}),
        case("an LSTM cell", Layers(cell=nn.LSTMCell(3, 4), out=nn.Linear(4, 2)), 3),
        case("a GRU cell", nn.GRUCell(3, 4), 3),
        case("an RNN cell", nn.RNNCell(3, 4), 3),
        case("an embedding, an LSTM and a linear layer", tagger, [7]),
        case("linear layers with activations, a GRU, a normalization", deep, 3, deep_options),
        case("a linear layer without a bias", Layers(rnn=nn.GRU(3, 4), head=nn.Linear(4, 2, bias=False)), 3),
        case(
            "what a training saved",
            Layers(rnn=nn.GRU(3, 4), head=nn.Linear(4, 2)),
            3,
            save=lambda state: {"epoch": 3, "model_state_dict": state, "losses": [0.5, 0.25]},
        ),
        case("half precision", nn.LSTM(3, 4), 3, save=lambda state: {name: value.half() for name, value in state.items()}),
        case("bfloat16", nn.LSTM(3, 4), 3, save=lambda state: {name: value.bfloat16() for name, value in state.items()}),
        case("double precision", nn.LSTM(3, 4), 3, save=lambda state: {name: value.double() for name, value in state.items()}),
        case(
            "views of tensors",
            nn.LSTM(3, 4),
            3,
            save=lambda state: {name: value.t().contiguous().t() if value.dim() == 2 else value for name, value in state.items()},
        ),
    ]


made = f"bench/pytorch-models.py with PyTorch {torch.__version__.split('+')[0]}"
text = json.dumps({"made": made, "cases": cases()}, separators=(",", ":"))
pathlib.Path(sys.argv[1]).write_text(text + "\n")
