"""PyTorch's side: one LSTM layer, trained on the CPU. Reads one JSON request a line, answers with one.

    {"do": "version"}                                   -> {"version"}
    {"do": "open", steps, batch, inputs, units, ...}    -> {}
    {"do": "turn"}                                      -> {"clock", "processor"}, milliseconds
    {"do": "outcome"}                                   -> {"loss", "arrays"}

Arrays travel as base64 of little-endian float32.
"""

import base64
import json
import sys
import time

import numpy
import torch


def array(text, *shape):
    values = numpy.frombuffer(base64.b64decode(text), dtype="<f4").reshape(shape)
    return torch.from_numpy(values.copy())


def text(tensor):
    return base64.b64encode(tensor.detach().contiguous().numpy().astype("<f4").tobytes()).decode()


class Learner:
    def __init__(self, steps, batch, inputs, units, x, target, weights, threads, learning_rate, **request):
        torch.set_num_threads(threads)
        self.optimizes = request["pass"] == "step"
        self.x = array(x, steps, batch, inputs)
        self.x.requires_grad_(request["pass"] == "weights+input")
        self.target = array(target, steps, batch, units)
        self.layer = torch.nn.LSTM(inputs, units)
        with torch.no_grad():
            self.layer.weight_ih_l0.copy_(array(weights["input"], inputs, 4 * units).T)
            self.layer.weight_hh_l0.copy_(array(weights["recurrent"], units, 4 * units).T)
            self.layer.bias_ih_l0.copy_(array(weights["bias"], 4 * units))
            self.layer.bias_hh_l0.zero_()
        # PyTorch has two biases where one is enough: the second stays 0.
        self.layer.bias_hh_l0.requires_grad_(False)
        self.trained = [parameter for parameter in self.layer.parameters() if parameter.requires_grad]
        # The fused kernel is PyTorch's fastest Adam.
        self.adam = torch.optim.Adam(self.trained, lr=learning_rate, fused=True)

    def turn(self):
        start, used = time.perf_counter(), time.process_time()
        self.adam.zero_grad(set_to_none=True)
        self.x.grad = None
        self.loss = (self.layer(self.x)[0] * self.target).sum()
        self.loss.backward()
        if self.optimizes:
            torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
            self.adam.step()
        return {
            "clock": 1000 * (time.perf_counter() - start),
            "processor": 1000 * (time.process_time() - used),
        }

    def outcome(self):
        layer = self.layer
        value = (lambda parameter: parameter) if self.optimizes else (lambda parameter: parameter.grad)
        arrays = {
            "input": text(value(layer.weight_ih_l0).T),
            "recurrent": text(value(layer.weight_hh_l0).T),
            "bias": text(value(layer.bias_ih_l0)),
        }
        if self.x.grad is not None:
            arrays["x"] = text(self.x.grad)
        return {"loss": self.loss.item(), "arrays": arrays}


learner = None
for line in sys.stdin:
    request = json.loads(line)
    do = request.pop("do")
    if do == "version":
        answer = {"version": torch.__version__}
    elif do == "open":
        learner = Learner(**request)
        answer = {}
    elif do == "turn":
        answer = learner.turn()
    elif do == "outcome":
        answer = learner.outcome()
    print(json.dumps(answer), flush=True)
