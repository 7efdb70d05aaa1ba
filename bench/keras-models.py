"""Writes small models of Keras as files that Keras saved, with what they compute.

    .venv/bin/pip install tensorflow-cpu keras tf_keras h5py
    .venv/bin/python bench/keras-models.py test/goldens/keras-models.json

A case has `file`, the bytes of the model's file (compressed by zlib, then base64), `keras`, the version that saved it, `x` and
`y`, both with Keras's axes [batch, time, ...]. Weights follow a formula, in 64ths.
"""

import base64
import importlib
import json
import os
import pathlib
import sys
import tempfile
import zlib

import numpy as np

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import keras  # noqa: E402
import tf_keras  # noqa: E402

TIME, BATCH, INPUTS = 5, 2, 3


def written(array):
    array = np.asarray(array, np.float64)
    return {"shape": list(array.shape), "data": array.reshape(-1).tolist()}


def fill(model):
    place = 0
    for layer in model.layers:
        weights = []
        for weight, old in zip(layer.weights, layer.get_weights()):
            numbers = np.round(np.sin(np.arange(old.size) * 12.9898 + place * 7.31) * 51) / 64
            numbers = numbers.reshape(old.shape)
            path = getattr(weight, "path", weight.name)
            weights.append(np.abs(numbers) + 0.25 if "variance" in path else numbers)
            place += 1
        if weights:
            layer.set_weights(weights)


def case(title, library, layers, vocabulary=None, extension="h5", computing=None):
    if vocabulary:
        x = (np.arange(TIME * BATCH) * 7 % vocabulary).reshape(BATCH, TIME)
    else:
        x = np.round(np.sin(np.arange(TIME * BATCH * INPUTS) * 3.7) * 512).reshape(BATCH, TIME, INPUTS) / 512
    entry = library.layers.Input((TIME,) if vocabulary else (TIME, INPUTS))
    if callable(layers):
        model = library.Model(entry, layers(library.layers, entry))
    else:
        model = library.Sequential([entry, *layers])
    fill(model)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"model.{extension}"
        model.save(path)
        content = path.read_bytes()
        y = computing(model, path, x) if computing else model(x)
    return {
        "title": title,
        "keras": library.__version__,
        "file": base64.b64encode(zlib.compress(content, 9)).decode(),
        "x": written(x),
        "y": written(y),
    }


def textual(layers, entry):
    """Two layers of an LSTM above an embedding, all three side by side."""
    embedded = layers.Embedding(7, 3, name="embedding")(entry)
    first = layers.LSTM(4, return_sequences=True, name="rnn_1")(embedded)
    second = layers.LSTM(2, return_sequences=True, name="rnn_2")(first)
    joined = layers.Concatenate(name="joined")([embedded, first, second])
    return layers.Dense(3, activation="softmax", name="output")(layers.LayerNormalization()(joined))


def merged(layers, entry):
    left = layers.Dense(4, activation="tanh")(entry)
    right = layers.SimpleRNN(4, return_sequences=True)(entry)
    total = layers.Add()([left, layers.Multiply()([right, left]), layers.Average()([left, right])])
    return layers.Dense(2)(layers.GlobalMaxPooling1D()(total))


def cases(library, extension):
    of = library.layers
    more = {"extension": extension}
    yield case("an LSTM and a dense layer", library, [of.LSTM(4, return_sequences=True), of.Dense(2, activation="softmax")], **more)
    yield case(
        "an LSTM with hard gates, dropout, and its last step",
        library,
        [of.LSTM(4, recurrent_activation="hard_sigmoid", activation="softsign"), of.Dropout(0.5), of.Dense(1, activation="sigmoid")],
        **more,
    )
    yield case("a GRU that resets after", library, [of.GRU(4, return_sequences=True), of.TimeDistributed(of.Dense(2, activation="tanh"))], **more)
    yield case(
        "GRUs that reset before, with hard gates, too",
        library,
        [
            of.GRU(4, reset_after=False, return_sequences=True),
            of.GRU(3, reset_after=False, recurrent_activation="hard_sigmoid", return_sequences=True),
            of.GRU(2, recurrent_activation="hard_sigmoid", use_bias=False),
        ],
        **more,
    )
    yield case(
        "both ways: side by side, and the last steps summed",
        library,
        [of.Bidirectional(of.LSTM(2, return_sequences=True)), of.Bidirectional(of.GRU(3), merge_mode="sum")],
        **more,
    )
    yield case(
        "both ways: multiplied and averaged",
        library,
        [
            of.Bidirectional(of.SimpleRNN(3, return_sequences=True), merge_mode="mul"),
            of.Bidirectional(of.LSTM(3, return_sequences=True), merge_mode="ave"),
        ],
        **more,
    )
    yield case(
        "backwards",
        library,
        [of.LSTM(3, go_backwards=True, return_sequences=True), of.SimpleRNN(4, activation="relu", go_backwards=True)],
        **more,
    )
    yield case("an embedding and layers side by side", library, textual, vocabulary=7, **more)
    yield case("branches that are merged", library, merged, **more)
    yield case(
        "normalizations and activations",
        library,
        [of.BatchNormalization(), of.Dense(3, use_bias=False), of.Activation("elu"), of.BatchNormalization(scale=False), of.LSTM(2)],
        **more,
    )


def for_graphics_cards(kind):
    """A layer that runs on graphics cards alone: Keras itself turns its weights into those of the common layer."""
    made = getattr(importlib.import_module(f"tf_keras.src.layers.rnn.cudnn_{kind.lower()}"), f"CuDNN{kind}")
    common = getattr(tf_keras.layers, kind)(4, return_sequences=True, name="layer")

    def computing(model, path, x):
        twin = tf_keras.Sequential([tf_keras.layers.Input((TIME, INPUTS)), common])
        twin.load_weights(path)
        return twin(x)

    layer = made(4, return_sequences=True, name="layer")
    return case(f"{'an' if kind == 'LSTM' else 'a'} {kind} for graphics cards", tf_keras, [layer], computing=computing)


all_cases = [for_graphics_cards("LSTM"), for_graphics_cards("GRU"), *cases(tf_keras, "h5"), *cases(keras, "h5"), *cases(keras, "keras")]
text = json.dumps({"made": "bench/keras-models.py", "cases": all_cases}, separators=(",", ":"))
pathlib.Path(sys.argv[1]).write_text(text + "\n")
