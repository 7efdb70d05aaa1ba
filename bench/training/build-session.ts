/**
 * Run by itself, in a fresh process: traces a two-layer BiLSTM (1024 → 256 each way), adds its gradient and
 * makes a session, and prints how many milliseconds each took, first and again.
 */
import { lstm } from "../../src/cells/lstm.ts";
import { trace } from "../../src/graph/graph.ts";
import { bidirectional, stacked } from "../../src/layers/recurrent.ts";
import { loadBackend } from "../../src/runtime/backend.ts";
import { compileToOnnx, createSession, signatureOf } from "../../src/runtime/session.ts";
import { gradient } from "../../src/transform/gradient.ts";

await loadBackend("native");
console.log(JSON.stringify({ first: await build(), again: await build() }));

async function build() {
  const start = performance.now();
  const layers = stacked([
    bidirectional("encoder.0", lstm({ inputs: 1024, units: 256 })),
    bidirectional("encoder.1", lstm({ inputs: 512, units: 256 })),
  ]);
  const graph = trace({ x: ["time", "batch", 1024], target: ["time", "batch", 512] }, ({ x, target }) => ({
    loss: layers(x).mul(target).sum(),
  }));
  const names = graph.inputs.filter(({ role }) => role === "weight").map(({ name }) => name);
  const training = gradient(graph, { of: "loss", with: names });
  const traced = performance.now();
  const onnx = compileToOnnx(training);
  const lowered = performance.now();
  const session = await createSession(onnx, signatureOf(training), { backend: "native" });
  const end = performance.now();
  await session.release();
  return {
    trace: traced - start,
    lower: lowered - traced,
    session: end - lowered,
    total: end - start,
  };
}
