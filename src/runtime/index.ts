/** Sessions that run graphs, and the tensors that go in and out. */
export type { BackendName, ComputeOptions } from "./backend.ts";
export {
  compile,
  compileToOnnx,
  createSession,
  type Feeds,
  type Session,
  type SessionOptions,
  type Signature,
  signatureOf,
} from "./session.ts";
export { scalar, type Tensor, type TensorData, tensor } from "./tensor.ts";
