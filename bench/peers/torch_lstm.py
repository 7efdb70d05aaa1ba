"""PyTorch's side of the training benchmark: one LSTM layer, trained on the CPU."""

import torch
from torch_serve import array, serve


class Learner:
    def __init__(self, steps, batch, inputs, units, x, target, weights, learning_rate, **request):
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
        self.adam.zero_grad(set_to_none=True)
        self.x.grad = None
        self.loss = (self.layer(self.x)[0] * self.target).sum()
        self.loss.backward()
        if self.optimizes:
            torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
            self.adam.step()

    def outcome(self):
        layer = self.layer
        value = (lambda parameter: parameter) if self.optimizes else (lambda parameter: parameter.grad)
        tensors = {
            "input": value(layer.weight_ih_l0).T,
            "recurrent": value(layer.weight_hh_l0).T,
            "bias": value(layer.bias_ih_l0),
        }
        if self.x.grad is not None:
            tensors["x"] = self.x.grad
        return self.loss, tensors


serve(Learner)
