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


cells = {cell.__name__: cell for cell in [lstm, sru, nested_lstm]}


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
