/** Paths for the weights of a file, from the names that exporters give to tensors and nodes. */
import type { NodeProto } from "onnx-buf";

/** The path that a tensor's name says. */
export function pathOf(name: string): string {
  const plain = name
    .replace(/^.*__Inline_\d+__/, "") // spox joins models by prefixes
    .replace(/:\d+$/, "")
    .replaceAll(/[/:\s]+/g, ".")
    .replaceAll(/\.{2,}/g, ".")
    .replaceAll(/^\.+|\.+$/g, "");
  return plain || "weight";
}

/** Whether a path only numbers tensors ("onnx.MatMul_12", "W__5", "val_3", "71") and says nothing of what the weight is for. */
export function isCounted(path: string): boolean {
  return /^(onnx\.|val_\d+$|\d+$|[A-Z]\w*__\d+$|const|.*Constant_?\d*$|.*_output_\d+$)/.test(path);
}

/** Where in the model a node stands ("encoder.rnn", "rnn.1"): by the scopes that PyTorch notes, or else by its name. */
export function nodePath({ name, opType, metadataProps }: NodeProto): string {
  const scopes = metadataProps.find(({ key }) => key === "pkg.torch.onnx.name_scopes")?.value;
  if (scopes !== undefined) {
    const parts = [...scopes.matchAll(/'([^']*)'/g)].map(([, part]) => part).slice(0, -1);
    return parts.filter((part) => part !== "").join(".");
  }
  if (name === "" || /^node_/.test(name)) return "";
  const path = pathOf(name);
  if (!/^\w+$/.test(opType)) return path;
  const [, stem, count] = new RegExp(`^(.*?)\\.?${opType}(?:_(\\d+))?$`).exec(path) ?? ["", path];
  return [stem, count].filter(Boolean).join("."); // "rnn.LSTM_1" is the second LSTM of "rnn"
}

/** A path for one of the weights of a node: the tensor's where it says something, or else the node's with the weight's role. */
export function rolePath(path: string | undefined, node: NodeProto, role: string): string {
  if (path !== undefined && !isCounted(path)) return path;
  return `${nodePath(node) || node.opType.toLowerCase()}.${role}`;
}

/** What several paths have in common, where that says something; else the first. */
export function commonPath(paths: readonly (string | undefined)[]): string | undefined {
  const known = [...new Set(paths.filter((path) => path !== undefined))];
  if (known.length < 2) return known[0];
  let length = 0;
  while (known.every((path) => path[length] !== undefined && path[length] === known[0][length])) length++;
  const common = known[0].slice(0, length).replace(/[._]+$/, "");
  return common.length > 1 ? common : known[0];
}
