"""PyTorch's side of the cells benchmark: each cell as one writes it in PyTorch, a loop over the steps.

Products that need no state stand before the loop where the cell's paper puts them there (SRU, minGRU, minLSTM).
A cell is a function of x [time, batch, ...] and its weights (and noise) by name, which gives all outputs.
"""

import math
from typing import Dict

import torch
import torch.nn.functional as F
from torch import Tensor
from torch_serve import array, serve


def lstm(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    units = w["recurrent"].shape[0]
    h = x.new_zeros(x.shape[1], units)
    c = x.new_zeros(x.shape[1], units)
    outputs = []
    for x_t in x.unbind(0):
        i, f, g, o = (x_t @ w["input"] + h @ w["recurrent"] + w["bias"]).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


def rnn(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    h = x.new_zeros(x.shape[1], w["recurrent"].shape[0])
    outputs = []
    for x_t in x.unbind(0):
        h = torch.tanh(x_t @ w["input"] + h @ w["recurrent"] + w["bias"])
        outputs.append(h)
    return torch.stack(outputs)


def gru(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    h = x.new_zeros(x.shape[1], w["recurrent"].shape[0])
    outputs = []
    for x_t in x.unbind(0):
        x_r, x_z, x_n = (x_t @ w["input"] + w["bias"]).chunk(3, 1)
        h_r, h_z, h_n = (h @ w["recurrent"]).chunk(3, 1)
        r = torch.sigmoid(x_r + h_r)
        z = torch.sigmoid(x_z + h_z)
        n = torch.tanh(x_n + r * (h_n + w["candidateBias"]))
        h = (1 - z) * n + z * h
        outputs.append(h)
    return torch.stack(outputs)


def peephole_lstm(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    units = w["recurrent"].shape[0]
    h = x.new_zeros(x.shape[1], units)
    c = x.new_zeros(x.shape[1], units)
    p_i, p_f, p_o = w["peephole"].chunk(3)
    outputs = []
    for x_t in x.unbind(0):
        i, f, g, o = (x_t @ w["input"] + h @ w["recurrent"] + w["bias"]).chunk(4, 1)
        c = torch.sigmoid(f + p_f * c) * c + torch.sigmoid(i + p_i * c) * torch.tanh(g)
        h = torch.sigmoid(o + p_o * c) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


def projected_lstm(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    units, projection = w["projection"].shape
    h = x.new_zeros(x.shape[1], projection)
    c = x.new_zeros(x.shape[1], units)
    outputs = []
    for x_t in x.unbind(0):
        i, f, g, o = (x_t @ w["input"] + h @ w["recurrent"] + w["bias"]).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = (torch.sigmoid(o) * torch.tanh(c)) @ w["projection"]
        outputs.append(h)
    return torch.stack(outputs)


def janet(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    c = x.new_zeros(x.shape[1], w["recurrent"].shape[0])
    outputs = []
    for x_t in x.unbind(0):
        s, g = (x_t @ w["input"] + c @ w["recurrent"] + w["bias"]).chunk(2, 1)
        c = torch.sigmoid(s) * c + (1 - torch.sigmoid(s - 1)) * torch.tanh(g)
        outputs.append(c)
    return torch.stack(outputs)


def min_gru(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    z, n = (x @ w["input"] + w["bias"]).chunk(2, 2)
    z = torch.sigmoid(z)
    h = torch.zeros_like(n[0])
    outputs = []
    for t in range(x.shape[0]):
        h = (1 - z[t]) * h + z[t] * n[t]
        outputs.append(h)
    return torch.stack(outputs)


def min_lstm(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    f, i, n = (x @ w["input"] + w["bias"]).chunk(3, 2)
    f, i = torch.sigmoid(f), torch.sigmoid(i)
    f, i = f / (f + i), i / (f + i)
    h = torch.zeros_like(n[0])
    outputs = []
    for t in range(x.shape[0]):
        h = f[t] * h + i[t] * n[t]
        outputs.append(h)
    return torch.stack(outputs)


def sru(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    candidate, forget, highway = (x @ w["input"]).chunk(3, 2)
    b_f, b_r = w["bias"].chunk(2)
    v_f, v_r = w["memory"].chunk(2)
    scaled = x * math.sqrt(3.0)
    c = x.new_zeros(x.shape[1], x.shape[2])
    outputs = []
    for t in range(x.shape[0]):
        f = torch.sigmoid(forget[t] + v_f * c + b_f)
        r = torch.sigmoid(highway[t] + v_r * c + b_r)
        c = f * c + (1 - f) * candidate[t]
        outputs.append(r * c + (1 - r) * scaled[t])
    return torch.stack(outputs)


def nested_lstm(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    units = w["recurrent"].shape[0]
    h = x.new_zeros(x.shape[1], units)
    c = x.new_zeros(x.shape[1], units)
    inner_c = x.new_zeros(x.shape[1], units)
    outputs = []
    for x_t in x.unbind(0):
        i, f, g, o = (x_t @ w["input"] + h @ w["recurrent"] + w["bias"]).chunk(4, 1)
        inner_x = torch.sigmoid(i) * g
        inner_h = torch.sigmoid(f) * c
        inner_sums = inner_x @ w["inner1.input"] + inner_h @ w["inner1.recurrent"] + w["inner1.bias"]
        i, f, g, inner_o = inner_sums.chunk(4, 1)
        inner_c = torch.sigmoid(f) * inner_c + torch.sigmoid(i) * torch.tanh(g)
        c = torch.sigmoid(inner_o) * torch.tanh(inner_c)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


def advanced_lstm(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    units = w["recurrent"].shape[0]
    h = x.new_zeros(x.shape[1], units)
    zero = x.new_zeros(x.shape[1], units)
    past = [zero, zero, zero, zero, zero]
    outputs = []
    for x_t in x.unbind(0):
        i, f, g, o = (x_t @ w["input"] + h @ w["recurrent"] + w["bias"]).chunk(4, 1)
        chosen = torch.stack([past[-1], past[-3], past[-5]], 1)
        shares = torch.softmax(chosen @ w["memoryScores"], 1)
        c = torch.sigmoid(f) * (shares * chosen).sum(1) + torch.sigmoid(i) * torch.tanh(g)
        past.append(c)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


def g2_lstm(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    units = w["recurrent"].shape[0]
    h = x.new_zeros(x.shape[1], units)
    c = x.new_zeros(x.shape[1], units)
    u = w["noise.gates"] / 0.2
    noise = torch.log(u + 1e-3) - torch.log((1 - u).clamp(min=0.0) + 1e-3)
    noise = torch.where(u < 1, noise, torch.zeros_like(noise))
    outputs = []
    for t in range(x.shape[0]):
        sums = x[t] @ w["input"] + h @ w["recurrent"] + w["bias"]
        i, f = torch.sigmoid((sums[:, : 2 * units] + noise[t]) / 0.9).chunk(2, 1)
        g, o = sums[:, 2 * units :].chunk(2, 1)
        c = f * c + i * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


def conv_lstm(x: Tensor, w: Dict[str, Tensor]) -> Tensor:
    batch, _, height, width = x.shape[1:]
    units, _, reach, _ = w["recurrent"].shape
    h = x.new_zeros(batch, units // 4, height, width)
    c = torch.zeros_like(h)
    v_i, v_f, v_o = w["peepholes"].chunk(3, 0)
    outputs = []
    for x_t in x.unbind(0):
        sums = F.conv2d(x_t, w["input"], w["bias"], padding=reach // 2)
        sums = sums + F.conv2d(h, w["recurrent"], padding=reach // 2)
        i, f, g, o = sums.chunk(4, 1)
        c = torch.sigmoid(f + v_f * c) * c + torch.sigmoid(i + v_i * c) * torch.tanh(g)
        h = torch.sigmoid(o + v_o * c) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


plain = [
    rnn,
    gru,
    lstm,
    peephole_lstm,
    projected_lstm,
    janet,
    min_gru,
    min_lstm,
    sru,
    nested_lstm,
    advanced_lstm,
    g2_lstm,
    conv_lstm,
]
cells = {cell.__name__: cell for cell in plain}


class Learner:
    """Computes the sum of output * target and its gradients."""

    def __init__(self, cell, script, numbers):
        tensors = {name: array(given["data"], *given["dims"]) for name, given in numbers.items()}
        self.trained = {name: tensors[name].requires_grad_() for name in tensors if numbers[name]["trained"]}
        self.x, self.target = tensors.pop("x"), tensors.pop("target")
        self.given = tensors
        self.run = torch.jit.script(cells[cell]) if script else cells[cell]

    def turn(self):
        for weight in self.trained.values():
            weight.grad = None
        self.loss = (self.run(self.x, self.given) * self.target).sum()
        self.loss.backward()

    def outcome(self):
        return self.loss, {name: weight.grad for name, weight in self.trained.items()}


serve(Learner)
