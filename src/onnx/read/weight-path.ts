/** Paths for the weights of a file, from the names that exporters give to tensors and nodes. */

/** The path that a tensor's name says; undefined where the name is one that an exporter counted up. */
export function pathOf(name: string): string {
  const plain = name
    .replace(/^.*__Inline_\d+__/, "") // spox joins models by prefixes
    .replace(/:\d+$/, "")
    .replaceAll(/[/:\s]+/g, ".")
    .replaceAll(/\.{2,}/g, ".")
    .replaceAll(/^\.+|\.+$/g, "");
  return plain || "weight";
}

/** Whether a path only numbers tensors ("onnx.MatMul_12", "W__5", "71") and says nothing of what the weight is for. */
export function isCounted(path: string): boolean {
  return /^(onnx\.|\d+$|[A-Z]\w*__\d+$|const|constant|.*Constant_?\d*(_output_\d+)?$|.*_output_\d+$)/.test(
    path,
  );
}

/** A path for one of the weights of a node: that of the tensor where it says something, or else the node's with the weight's role. */
export function rolePath(path: string | undefined, nodeName: string, role: string): string {
  if (path !== undefined && !isCounted(path)) return path;
  const node = pathOf(nodeName).replace(/\.?[A-Z][A-Za-z]*(_\d+)?$/, "");
  return node ? `${node}.${role}` : (path ?? role);
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
