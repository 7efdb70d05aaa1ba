/** Which YCbCr matrix a frame's values are in, where the file says so and where it doesn't. */

export type ColorMatrix = "bt601" | "bt709" | "bt2020" | "rgb";

/** The matrix named by a file, in ffmpeg's or WebCodecs' words; unnamed, it follows from the size, as players assume. */
export function colorMatrix(name: string | null | undefined, width: number, height: number): ColorMatrix {
  switch (name) {
    case "bt709":
      return "bt709";
    case "bt2020nc":
    case "bt2020c":
    case "bt2020-ncl":
      return "bt2020";
    case "gbr":
    case "rgb":
      return "rgb";
    case "smpte170m":
    case "bt470bg":
    case "fcc":
      return "bt601";
    default:
      return width >= 1280 || height > 576 ? "bt709" : "bt601";
  }
}

/** Weights of red and blue in luma (ITU-R BT.601-7, BT.709-6, BT.2020-2). */
export const lumaWeights: Record<Exclude<ColorMatrix, "rgb">, { red: number; blue: number }> = {
  bt601: { red: 0.299, blue: 0.114 },
  bt709: { red: 0.2126, blue: 0.0722 },
  bt2020: { red: 0.2627, blue: 0.0593 },
};
