/** Copies a decoded WebCodecs frame out of native memory, as planes. */

import type { VideoSample } from "mediabunny";
import { type ColorMatrix, colorMatrix } from "../color.ts";
import type { Plane, Planes } from "../planes.ts";

/** A buffer that holds one frame after another. */
export class FrameCopy {
  #bytes = new Uint8Array(0);
  #planes: Planes | undefined;

  /** The frame taken last; valid until the next is. */
  get planes(): Planes {
    if (this.#planes === undefined) throw new Error("No frame was taken yet.");
    return this.#planes;
  }

  async take(frame: VideoSample): Promise<void> {
    const format = frame.format ?? "";
    const layout = layouts[format.replace(/P1[02]$/, "").replace("A", "")];
    const rgba = layout === undefined;
    const size = frame.allocationSize(rgba ? toRgba : {});
    if (this.#bytes.length !== size) this.#bytes = new Uint8Array(size);
    const offsets = await frame.copyTo(this.#bytes, rgba ? toRgba : {});
    const { width, height } = frame.visibleRect;
    this.#planes = {
      planes: rgba
        ? interleaved(this.#bytes, offsets[0], width, height)
        : planar(this.#bytes, offsets, width, height, layout, depthOf(format)),
      depth: rgba ? 8 : depthOf(format),
      matrix: rgba ? "rgb" : matrixOf(frame),
      fullRange: frame.colorSpace.fullRange ?? false,
    };
  }
}

const toRgba = { format: "RGBA" } as VideoFrameCopyToOptions;

interface Layout {
  /** How many luma pixels a chroma value spans. */
  across: number;
  down: number;
  /** U and V alternate in one plane. */
  paired: boolean;
}

const layouts: Record<string, Layout> = {
  I420: { across: 2, down: 2, paired: false },
  I422: { across: 2, down: 1, paired: false },
  I444: { across: 1, down: 1, paired: false },
  NV12: { across: 2, down: 2, paired: true },
};

function depthOf(format: string): number {
  return Number(/P(1[02])$/.exec(format)?.[1] ?? 8);
}

function matrixOf(frame: VideoSample): ColorMatrix {
  return colorMatrix(frame.colorSpace.matrix, frame.codedWidth, frame.codedHeight);
}

interface Offset {
  offset: number;
  stride: number;
}

function planar(
  bytes: Uint8Array,
  offsets: Offset[],
  width: number,
  height: number,
  layout: Layout,
  depth: number,
): [Plane, Plane, Plane] {
  const each = depth > 8 ? 2 : 1;
  const plane = (at: Offset, across: number, down: number, skip = 0, step = 1): Plane => ({
    values:
      each === 2
        ? new Uint16Array(bytes.buffer, bytes.byteOffset + at.offset, (bytes.length - at.offset) >> 1)
        : bytes.subarray(at.offset + skip),
    width: Math.ceil(width / across),
    height: Math.ceil(height / down),
    stride: at.stride / each,
    step,
  });
  if (layout.paired) {
    return [plane(offsets[0], 1, 1), plane(offsets[1], 2, 2, 0, 2), plane(offsets[1], 2, 2, 1, 2)];
  }
  return [
    plane(offsets[0], 1, 1),
    plane(offsets[1], layout.across, layout.down),
    plane(offsets[2], layout.across, layout.down),
  ];
}

/** RGBA as planes G, B, R. */
function interleaved(bytes: Uint8Array, at: Offset, width: number, height: number): [Plane, Plane, Plane] {
  const plane = (skip: number): Plane => ({
    values: bytes.subarray(at.offset + skip),
    width,
    height,
    stride: at.stride,
    step: 4,
  });
  return [plane(1), plane(2), plane(0)];
}
