/** Models as files: our own runs, and models of PyTorch, Keras, TensorFlow and ONNX. */

export { type PyTorchDictionary, pyTorchDictionary, toPyTorch } from "./export.ts";
export { MODEL_FILE, type OpenOptions, openModel, saveModel } from "./file.ts";
export { type ImportOptions, importModel } from "./import/model.ts";
export { fromPyTorch, type PyTorchOptions, type StateDictionary } from "./import/pytorch.ts";
export { readPyTorch } from "./import/pytorch-file.ts";
export { fromTensorFlow, type TensorFlowOptions } from "./import/tensorflow.ts";
