import { Command, InvalidArgumentError, Option } from "commander";
import type { OpenOptions } from "../models/file.ts";
import { parseNumber, parsePositive } from "./numbers.ts";

interface Flags {
  out: string;
  size?: Record<string, number>;
  value?: Record<string, number>;
  state?: Record<string, string>;
  layers?: string[];
  activation?: Record<string, string>;
  nonlinearity?: "tanh" | "relu";
  forgetBias?: number;
  json?: boolean;
}

/** `gatefold import FILE`. */
export function importCommand(): Command {
  return new Command("import")
    .summary("take over a model from ONNX, PyTorch, Keras or TensorFlow")
    .description(
      "Reads a model from elsewhere and writes it as a run of this program, which streams,\n" +
        "compresses and exports like its own. Reads ONNX, PyTorch state dictionaries\n" +
        "(.safetensors, .pt, .pth), Keras (.keras, .h5, .hdf5), TensorFlow's raw BasicLSTM folders.",
    )
    .argument("<file>", "the model's file, or its folder")
    .requiredOption("-o, --out <run>", "folder for the run")
    .option("--size <name=count>", "fix an open size of an ONNX model (repeatable)", collect(parsePositive))
    .option("--value <name=number>", "fix an input of an ONNX model (repeatable)", collect(parseNumber))
    .option(
      "--state <input=output>",
      "what becomes what from step to step, in a model\nof one step (repeatable; found by their names else)",
      collect((text) => text),
    )
    .option("--layers <names>", "order of a state dictionary's layers, apart by commas", (text) =>
      text.split(","),
    )
    .option(
      "--activation <layer=name>",
      "what follows a linear layer of a state dictionary:\nrelu, tanh, sigmoid, softmax, … (repeatable)",
      collect((text) => text),
    )
    .addOption(
      new Option("--nonlinearity <name>", "of a state dictionary's RNN layers").choices(["tanh", "relu"]),
    )
    .option("--forget-bias <number>", "of TensorFlow's BasicLSTM (default: 1)", parseNumber)
    .option("--json", "print what was read as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ gatefold import tagger.pt --out tagger --layers embedding,lstm,fc
  $ gatefold import detector.onnx --out detector --size batch=1 --size sequence=576 --value sr=16000
`,
    )
    .action(run);
}

async function run(
  file: string,
  { out, json, size, value, state, activation, ...rest }: Flags,
): Promise<void> {
  const { openModel, saveModel } = await import("../models/file.ts");
  const { describe, inLines } = await import("./describe.ts");
  const options: OpenOptions = {
    ...rest,
    sizes: size,
    values: value,
    states: state,
    activations: activation as OpenOptions["activations"],
  };
  const model = await openModel(file, options);
  await saveModel(out, model);
  const description = describe(model);
  process.stdout.write(`${json ? JSON.stringify(description, null, 2) : inLines(description)}\n`);
}

/** Gathers name=value pairs. */
function collect<T>(
  parse: (text: string) => T,
): (text: string, before?: Record<string, T>) => Record<string, T> {
  return (text, before = {}) => {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined) throw new InvalidArgumentError("Give it as NAME=VALUE.");
    return { ...before, [name]: parse(value) };
  };
}
