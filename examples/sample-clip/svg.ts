/** Small pieces of SVG from which the sample clip's scenes are put together, for a stage of 640 × 360. */

export const stage = { width: 640, height: 360 };

/** A number in 0..1 that looks random but is the same for the same key. */
export function chance(key: number): number {
  const value = Math.sin(key * 12.9898 + 4.1414) * 43758.5453;
  return value - Math.floor(value);
}

export function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

export function repeat(count: number, draw: (index: number) => string): string {
  return range(count, draw).join("");
}

/** Moves smoothly from 0 to 1 while x goes from `from` to `to`. */
export function ease(x: number, from = 0, to = 1): number {
  const t = Math.min(1, Math.max(0, (x - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** A sky, or anything that blends from the top down: colors at even distances. */
export function blend(id: string, colors: readonly string[], y = 0, height = stage.height): string {
  const stops = colors
    .map((color, i) => `<stop offset="${i / (colors.length - 1)}" stop-color="${color}"/>`)
    .join("");
  return (
    `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stops}</linearGradient>` +
    `<rect x="-700" y="${y}" width="2400" height="${height}" fill="url(#${id})"/>`
  );
}

/** A soft light. */
export function glow(id: string, x: number, y: number, radius: number, color: string, strength = 1): string {
  return (
    `<radialGradient id="${id}"><stop offset="0" stop-color="${color}" stop-opacity="${strength}"/>` +
    `<stop offset="1" stop-color="${color}" stop-opacity="0"/></radialGradient>` +
    `<circle cx="${x}" cy="${y}" r="${radius}" fill="url(#${id})"/>`
  );
}

export function group(transform: string, content: string): string {
  return `<g transform="${transform}">${content}</g>`;
}

/** A hill, wave or skyline: a filled outline over the whole width, `height(x)` above the line `base`. */
export function silhouette(
  base: number,
  height: (x: number) => number,
  fill: string,
  from = -40,
  to = 680,
): string {
  const points: string[] = [];
  for (let x = from; x <= to; x += 10) points.push(`${x} ${(base - height(x)).toFixed(1)}`);
  return `<path d="M${from} 900L${points.join("L")}L${to} 900Z" fill="${fill}"/>`;
}
