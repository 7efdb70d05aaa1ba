/** How fit a picture is to stand for its shot. */
export interface Quality {
  /** Mean luma, 0 to 1. */
  brightness: number;
  /** Standard deviation of luma, 0 (one color) to ½. */
  contrast: number;
  /** Variance of the Laplacian of luma (Pech-Pacheco et al., ICPR 2000), luma from 0 to 1: low where blurred. */
  sharpness: number;
}

/** Below this contrast a picture is black, white or of one color. */
const leastContrast = 0.03;

/** How much of a picture there is to see: 0 for one color, 1 from a faint picture up. */
export function visibility({ contrast }: Quality): number {
  return Math.min(1, contrast / leastContrast);
}

/** @param gray luma, [height, width] row by row. */
export function quality(gray: Uint8Array, width: number, height: number): Quality {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < gray.length; i++) {
    sum += gray[i];
    squares += gray[i] * gray[i];
  }
  const mean = sum / gray.length;
  const variance = Math.max(0, squares / gray.length - mean * mean);
  return {
    brightness: mean / 255,
    contrast: Math.sqrt(variance) / 255,
    sharpness: laplacianVariance(gray, width, height) / 255 ** 2,
  };
}

function laplacianVariance(gray: Uint8Array, width: number, height: number): number {
  const count = (width - 2) * (height - 2);
  if (width < 3 || height < 3) return 0;
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1, end = i + width - 2; i < end; i++) {
      const value = gray[i - 1] + gray[i + 1] + gray[i - width] + gray[i + width] - 4 * gray[i];
      sum += value;
      squares += value * value;
    }
  }
  return squares / count - (sum / count) ** 2;
}
