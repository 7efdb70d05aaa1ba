import { extname } from "node:path";
import { Command } from "commander";
import { InputError } from "../graph/errors.ts";
import type { Model } from "../weights/model.ts";

interface Flags {
  safetensors?: boolean;
  int8?: boolean;
}

/** `gatefold export RUN FILE`. */
export function exportCommand(): Command {
  return new Command("export")
    .summary("write a model for other programs")
    .description(
      "Writes a run's model as standard ONNX, as a PyTorch state dictionary, or as a stream program,\n" +
        "which a browser page runs by gatefold/stream alone.",
    )
    .argument("<run>", "folder of a run, or a model's file")
    .argument("<file>", "FILE.onnx, FILE.safetensors or FILE.stream")
    .option("--safetensors", "write weights alone, in PyTorch's naming, whatever the file is called")
    .option("--int8", "weights of a stream program in 8 bits")
    .addHelpText(
      "after",
      `
Examples:
  $ gatefold export phones phones.onnx
  $ gatefold export phones weights.safetensors
  $ gatefold export phones-small public/phones.stream --int8
`,
    )
    .action(run);
}

async function run(source: string, file: string, { safetensors, int8 }: Flags): Promise<void> {
  const format = safetensors ? ".safetensors" : extname(file);
  const write = writers[format];
  if (!write)
    throw new InputError(
      `${file}: its name does not say what to write: use .onnx, .safetensors or .stream, or --safetensors`,
    );
  if (int8 && format !== ".stream") throw new InputError("--int8 is for stream programs (FILE.stream) alone");
  const { openModel } = await import("../models/file.ts");
  const { writeAside } = await import("../train/write-aside.ts");
  const model = await openModel(source);
  const bytes = await write(model, int8 ?? false);
  await writeAside(file, bytes).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${file} can't be written: ${error.message}`, { cause: error });
  });
  if (format === ".safetensors") await tellLeftovers(model);
  process.stdout.write(`${file}: ${bytes.length.toLocaleString("en-US")} bytes\n`);
}

/** Which weights PyTorch has no layer for. */
async function tellLeftovers(model: Model): Promise<void> {
  const { pyTorchDictionary } = await import("../models/export.ts");
  const { asTheyAre } = pyTorchDictionary(model);
  if (asTheyAre.length > 0)
    process.stderr.write(
      `Note: PyTorch has no layer for these weights, which stand as they are: ${asTheyAre.join(", ")}\n`,
    );
}

const writers: Readonly<Record<string, (model: Model, int8: boolean) => Promise<Uint8Array>>> = {
  ".onnx": async (model) => (await import("../onnx/write.ts")).writeOnnx(model),
  ".safetensors": async (model) => {
    const { toPyTorch } = await import("../models/export.ts");
    return toPyTorch(model);
  },
  ".stream": async (model, int8) => {
    const { compileProgram, saveProgram } = await import("../stream/index.ts");
    const { stepOf } = await import("../stream/step-of-model.ts");
    return saveProgram(compileProgram(stepOf(model), { weights: int8 ? "int8" : "float32" }));
  },
};
