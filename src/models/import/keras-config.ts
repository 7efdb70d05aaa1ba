/** What Keras writes down of a model: its layers, their options, and which reads which. */
import { z } from "zod";
import { InputError } from "../../graph/errors.ts";

export interface KerasLayer {
  name: string;
  /** The class, "LSTM". */
  kind: string;
  config: unknown;
  /** The layers that it reads, by name. */
  reads: readonly string[];
}

export interface KerasConfig {
  /** Those that are read come before those that read them. */
  layers: readonly KerasLayer[];
  outputs: readonly string[];
  /** The version that wrote it: hard sigmoids differ. */
  version: number;
}

const layerSchema = z.object({
  class_name: z.string(),
  name: z.string().optional(),
  config: z.looseObject({ name: z.string().optional() }),
  inbound_nodes: z.array(z.unknown()).optional(),
});
const modelSchema = z.object({
  class_name: z.string(),
  config: z.union([
    z.array(layerSchema),
    z.looseObject({ layers: z.array(layerSchema), output_layers: z.unknown().optional() }),
  ]),
});

/**
 * Reads the JSON of a model that is a Sequential, or layers that read each other (Functional).
 *
 * @throws InputError for other models, and for layers that are used twice
 */
export function readConfig(text: string, version: number, source: string): KerasConfig {
  const parsed = modelSchema.safeParse(parseJson(text, source));
  if (!parsed.success) throw new InputError(`${source}: its configuration is not that of a model of layers`);
  const { class_name: kind, config } = parsed.data;
  const given = Array.isArray(config) ? config : config.layers;
  const named = given.map((layer, index) => ({
    ...layer,
    name: layer.name ?? layer.config.name ?? `layer_${index}`,
  }));
  if (kind === "Sequential") {
    const layers = named.map(({ name, class_name: kind, config }, index) => {
      return { name, kind, config, reads: index > 0 ? [named[index - 1].name] : [] };
    });
    const first = layers[0]?.kind === "InputLayer" ? layers : withInput(layers);
    return { layers: first, outputs: first.slice(-1).map(({ name }) => name), version };
  }
  if (!["Functional", "Model"].includes(kind) || Array.isArray(config))
    throw new InputError(
      `${source} is a ${kind}, neither a Sequential nor a Functional model: export it as ONNX instead`,
    );
  const layers = named.map(({ name, class_name: kind, config, inbound_nodes: nodes = [] }) => {
    if (nodes.length > 1)
      throw new InputError(`${source}: layer "${name}" is used ${nodes.length} times: export it as ONNX`);
    return { name, kind, config, reads: [...new Set(namesIn(nodes))] };
  });
  return { layers: inOrder(layers, source), outputs: namesIn([config.output_layers]), version };
}

/** Before Keras 2.2 and in old files, a Sequential has no layer for its input: the first layer says how wide it is. */
function withInput(layers: readonly KerasLayer[]): KerasLayer[] {
  const input = { name: "input", kind: "InputLayer", config: layers[0]?.config ?? {}, reads: [] };
  return [input, ...layers.map((layer, index) => (index === 0 ? { ...layer, reads: ["input"] } : layer))];
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${source}: its configuration is damaged: ${(cause as Error).message}`, { cause });
  }
}

const DEEPEST = 16;

/**
 * The names of layers in what says who is read: ["name", node, output, …] wherever that lies, and within Keras 3's
 * descriptions of tensors.
 */
function namesIn(value: unknown, depth = 0): string[] {
  if (typeof value !== "object" || value === null || depth > DEEPEST) return [];
  if (Array.isArray(value)) {
    const [name, node] = value;
    return typeof name === "string" && typeof node === "number"
      ? [name]
      : value.flatMap((one) => namesIn(one, depth + 1));
  }
  const { args, keras_history: history, config } = value as Record<string, unknown>;
  return namesIn(history ?? args ?? config, depth + 1);
}

/** Layers after all that they read. */
function inOrder(layers: readonly KerasLayer[], source: string): KerasLayer[] {
  const ordered: KerasLayer[] = [];
  let rest = [...layers];
  const known = new Set<string>();
  while (rest.length > 0) {
    const ready = rest.filter(({ reads }) => reads.every((name) => known.has(name)));
    if (ready.length === 0)
      throw new InputError(
        `${source}: layer "${rest[0].name}" reads "${rest[0].reads.join('", "')}", of which there is no such layer or a circle`,
      );
    for (const layer of ready) known.add(layer.name);
    ordered.push(...ready);
    rest = rest.filter((layer) => !ready.includes(layer));
  }
  return ordered;
}
