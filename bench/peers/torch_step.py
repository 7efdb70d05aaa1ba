"""PyTorch's side of the streaming benchmark: LSTMCell, a step at a time."""

import torch
from torch_serve import array, serve


class Learner:
    def __init__(self, width, steps, check, frames, weights):
        self.frames = list(array(frames, -1, 1, width))
        self.steps = steps
        self.cell = torch.nn.LSTMCell(width, width)
        with torch.no_grad():
            self.cell.weight_ih.copy_(array(weights["input"], width, 4 * width).T)
            self.cell.weight_hh.copy_(array(weights["recurrent"], width, 4 * width).T)
            self.cell.bias_ih.copy_(array(weights["bias"], 4 * width))
            self.cell.bias_hh.zero_()
        self.state = (torch.zeros(1, width), torch.zeros(1, width))
        self.run(check)
        self.checked = self.state[0]

    @torch.inference_mode()
    def run(self, steps):
        for step in range(steps):
            self.state = self.cell(self.frames[step % len(self.frames)], self.state)

    def turn(self):
        self.run(self.steps)

    def outcome(self):
        return self.checked.sum(), {"output": self.checked}


serve(Learner)
