/** A bidirectional LSTM and its gradient, run on the package as it is built: in Node and in a browser alike. */
import { compile, gradient, initialWeights, mean, type SessionOptions, tensor, trace } from "gatefold";
import { lstm } from "gatefold/cells";
import { bidirectional, dense, dppLogLikelihood } from "gatefold/layers";
import { random } from "gatefold/weights";

const [time, batch, inputs, units] = [20, 2, 5, 8];

/** All outputs as plain numbers, and what computed them. */
export async function runModel(
  options: SessionOptions,
): Promise<{ backend: string; outputs: Record<string, number[]> }> {
  const encoder = bidirectional("encoder", lstm({ inputs, units }));
  const head = dense("head", { inputs: encoder.outputs, units: 1 });
  const declared = { x: ["time", "batch", inputs], chosen: { shape: ["chosen"], dtype: "int32" as const } };
  const graph = trace(declared, ({ x, chosen }) => {
    const states = encoder(x);
    const scores = head(states);
    const process = dppLogLikelihood(scores.at(1, 0).squeeze(1), states.at(1, 0), chosen);
    return { scores, loss: mean(scores.pow(2)).sub(process.cast("float32").mul(0.01)) };
  });
  const weights = initialWeights(graph, 3);
  const session = await compile(gradient(graph, { of: "loss", with: Object.keys(weights) }), options);
  const shapes = new Map(graph.inputs.map(({ name, shape }) => [name, shape as number[]]));
  const found = await session.run({
    ...Object.fromEntries(
      Object.entries(weights).map(([name, data]) => [name, tensor(data, shapes.get(name))]),
    ),
    x: tensor(
      random(4)
        .stream("x")
        .normals(new Float32Array(time * batch * inputs)),
      [time, batch, inputs],
    ),
    chosen: tensor([2, 7, 15], [3], "int32"),
  });
  await session.release();
  const plain = Object.entries(found).map(([name, { data }]) => [name, [...data]]);
  return { backend: session.backend, outputs: Object.fromEntries(plain) };
}
