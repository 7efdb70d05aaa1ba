"""PyTorch's side of a benchmark: reads one JSON request a line, answers with one.

    {"do": "version"}                  -> {"version"}
    {"do": "open", ...}                -> {"learner"}, a number
    {"do": "turn", "learner"}          -> {"clock", "processor"}, milliseconds
    {"do": "outcome", "learner"}       -> {"loss", "arrays"}
    {"do": "close", "learner"}         -> {}

or with {"error"}. Arrays travel as base64 of little-endian float32.
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


def timed(work):
    start, used = time.perf_counter(), time.process_time()
    work()
    return {
        "clock": 1000 * (time.perf_counter() - start),
        "processor": 1000 * (time.process_time() - used),
    }


def serve(open_learner):
    """Answers requests by learners: `turn()` computes, `outcome()` gives the loss and the tensors by name."""
    learners = {}

    def answer(do, learner=None, **request):
        if do == "version":
            return {"version": torch.__version__}
        if do == "open":
            torch.set_num_threads(request.pop("threads"))
            name = len(learners)
            learners[name] = open_learner(**request)
            return {"learner": name}
        if do == "turn":
            return timed(learners[learner].turn)
        if do == "outcome":
            loss, tensors = learners[learner].outcome()
            return {"loss": loss.item(), "arrays": {name: text(tensor) for name, tensor in tensors.items()}}
        learners[learner] = None
        return {}

    for line in sys.stdin:
        try:
            found = answer(**json.loads(line))
        except Exception as error:
            found = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(found), flush=True)
