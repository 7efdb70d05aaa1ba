/** Scenes of sea, garden, forest and night sky. Each draws the moment `t` (seconds) of a shot that lasts `length`. */

import { blend, chance, ease, glow, group, repeat, silhouette, stage } from "./svg.ts";

/** A calm shot: the sun comes up behind a sail. */
export function sunrise(t: number, length: number): string {
  const sun = 250 - 110 * ease(t / length, -0.1, 1.1);
  const waves = repeat(7, (i) =>
    silhouette(
      236 + i * 20,
      (x) => 4 * Math.sin(x * 0.035 + t * (0.8 + 0.15 * i) + i * 2) + 2 * Math.sin(x * 0.09 - t * 1.3 + i),
      `rgba(${18 + i * 2},${66 + i * 5},${118 - i * 6},0.62)`,
    ),
  );
  const sparkles = repeat(26, (i) => {
    const y = 242 + 110 * chance(i + 9);
    const width = 4 + 22 * Math.abs(Math.sin(t * 1.7 + i * 1.3));
    return `<rect x="${320 + (chance(i) - 0.5) * (50 + y - 230) - width / 2}" y="${y}" width="${width}" height="2" rx="1" fill="#ffe9b8" opacity="0.55"/>`;
  });
  const sail = `<path d="M0 0L0 -62L34 -6Z" fill="#fff4e0"/><path d="M-4 -4L-4 -54L-26 -6Z" fill="#f3d6b0"/><path d="M-32 0H40L30 13H-22Z" fill="#5b2e22"/>`;
  return (
    blend("sky", ["#20295f", "#7b4b8c", "#f08a5d", "#ffd59a"], 0, 250) +
    glow("halo", 320, sun, 170, "#fff1c4", 0.9) +
    `<circle cx="320" cy="${sun}" r="34" fill="#fff6dc"/>` +
    blend("sea", ["#c9785a", "#2a5d8f", "#12305c"], 236, 140) +
    waves +
    sparkles +
    group(`translate(${150 + 14 * t} ${262 + 3 * Math.sin(t * 1.6)}) rotate(${3 * Math.sin(t * 1.3)})`, sail)
  );
}

/** A still shot: nothing moves at all. */
export function flowers(): string {
  const petals = (color: string) => {
    const petal = (i: number) =>
      `<ellipse cx="0" cy="-22" rx="9" ry="18" fill="${color}" transform="rotate(${i * 45})"/>`;
    return `${repeat(8, petal)}<circle r="10" fill="#f6c945"/>`;
  };
  const flower = (x: number, y: number, size: number, color: string) =>
    `<path d="M${x} ${y}Q${(x + 320) / 2} ${y + 70} 320 210" stroke="#3f7d4e" stroke-width="5" fill="none"/>` +
    group(`translate(${x} ${y}) scale(${size})`, petals(color));
  return (
    blend("wall", ["#efe3cf", "#e4d1b3"], 0, 262) +
    blend("table", ["#a9713f", "#7d4d27"], 262, 100) +
    `<rect x="54" y="34" width="150" height="150" fill="#bfe0ef" stroke="#fffaf0" stroke-width="10"/>` +
    `<path d="M129 34V184M54 109H204" stroke="#fffaf0" stroke-width="6"/>` +
    glow("light", 420, 90, 260, "#fff8e0", 0.7) +
    `<ellipse cx="330" cy="304" rx="92" ry="12" fill="#5e3719" opacity="0.5"/>` +
    flower(262, 112, 1, "#d94f70") +
    flower(322, 72, 1.2, "#f3efe6") +
    flower(388, 118, 0.95, "#7c5cbf") +
    flower(350, 138, 0.8, "#e88a3a") +
    `<path d="M286 200H354L372 300Q320 316 268 300Z" fill="#3b7f9e"/><path d="M292 206L280 296" stroke="#8fc4d8" stroke-width="7" opacity="0.7"/>` +
    `<circle cx="470" cy="288" r="24" fill="#c8402f"/><path d="M470 266Q474 254 484 252" stroke="#4d3218" stroke-width="4" fill="none"/>` +
    `<circle cx="512" cy="292" r="21" fill="#8fae3d"/>`
  );
}

/** Birds cross a misty forest while the camera drifts. */
export function forest(t: number): string {
  const layer = (depth: number, color: string) =>
    group(
      `translate(${-t * depth * 9} 0)`,
      repeat(16, (i) => {
        const x = i * 62 - 60 + 34 * chance(i + depth * 31);
        const height = 120 + 70 * chance(i * 3 + depth) + depth * 22;
        const tier = (k: number) =>
          `L${x - (12 + k * 11)} ${352 - height + 34 + k * 40}H${x + 12 + k * 11}L${x} ${352 - height + k * 34}`;
        return `<path d="M${x} ${352 - height}${tier(0)}${tier(1)}${tier(2)}Z" fill="${color}"/><rect x="${x - 5}" y="${300}" width="10" height="70" fill="${color}"/>`;
      }),
    );
  const bird = (i: number) => {
    const x = -80 + t * (95 + 30 * chance(i)) - i * 42;
    const y = 78 + 16 * Math.sin(t * 1.4 + i) + 46 * chance(i + 4);
    const wing = 15 * Math.sin(t * 13 + i * 2);
    return `<path d="M${x - 22} ${y - wing}Q${x - 9} ${y - 7} ${x} ${y}Q${x + 9} ${y - 7} ${x + 22} ${y - wing}" stroke="#22302c" stroke-width="4.5" fill="none" stroke-linecap="round"/>`;
  };
  return (
    blend("air", ["#bfe3df", "#e9f3d8", "#cfe6c0"]) +
    glow("sun", 500, 70, 150, "#fffbe0", 0.95) +
    layer(1, "#9fc5b0") +
    layer(2, "#6ba388") +
    repeat(9, bird) +
    layer(4, "#2f6b50") +
    silhouette(346, (x) => 10 * Math.sin(x * 0.02 + t * 0.6), "#1d4936")
  );
}

/** A flight through stars. */
export function stars(t: number): string {
  const star = (i: number) => {
    const depth = 1 - ((chance(i) + t * 0.33) % 1);
    const angle = chance(i + 77) * 2 * Math.PI;
    const radius = 24 + 330 * chance(i + 191);
    const at = (z: number) => {
      const r = (radius * 0.22) / z;
      return `${(320 + r * Math.cos(angle)).toFixed(1)} ${(180 + r * Math.sin(angle)).toFixed(1)}`;
    };
    const hue = ["#ffffff", "#bcd4ff", "#ffe2b8"][i % 3];
    return `<path d="M${at(depth)}L${at(depth + 0.05)}" stroke="${hue}" stroke-width="${(0.5 / (depth + 0.08)).toFixed(2)}" stroke-linecap="round" opacity="${Math.min(1, 1.25 - depth)}"/>`;
  };
  return (
    blend("space", ["#05061a", "#120a33", "#05061a"]) +
    glow("nebula", 230 - 12 * t, 140, 230, "#7b2fa8", 0.5) +
    glow("cloud", 440 + 9 * t, 240, 210, "#1f5fae", 0.5) +
    repeat(190, star) +
    group(
      `translate(${500 - 14 * t} ${96 + 4 * t}) scale(${1 + 0.16 * t})`,
      `<circle r="30" fill="#d9a066"/><path d="M-30 -4H30M-28 8H28" stroke="#b97e48" stroke-width="6"/><ellipse rx="50" ry="11" fill="none" stroke="#f0dcb4" stroke-width="4" transform="rotate(-18)"/>`,
    )
  );
}

/** A lighthouse at night: its beam turns, all else rests. */
export function lighthouse(t: number): string {
  const swing = Math.sin(t * 1.5);
  const beam = `<path d="M430 92L${430 - 560 * swing} ${60 - 26}L${430 - 560 * swing} ${150}Z" fill="#fff3b0" opacity="${0.2 + 0.3 * Math.abs(swing)}"/>`;
  const twinkle = repeat(60, (i) => {
    const size = 0.7 + 1.2 * chance(i + 5);
    return `<circle cx="${stage.width * chance(i)}" cy="${210 * chance(i + 300)}" r="${size}" fill="#dfe8ff" opacity="${0.6 + 0.4 * Math.sin(t * 2 + i)}"/>`;
  });
  return (
    blend("night", ["#060b26", "#16254d", "#2d3f66"], 0, 260) +
    twinkle +
    `<circle cx="110" cy="70" r="26" fill="#f2efd8"/><circle cx="120" cy="64" r="24" fill="#0a1130"/>` +
    blend("water", ["#1a2f55", "#0a1530"], 250, 120) +
    beam +
    `<path d="M412 260L420 104H440L448 260Z" fill="#e8e3d8"/><path d="M415 214L417 176H443L445 214Z" fill="#b8382c"/><path d="M418 142L420 110H440L442 142Z" fill="#b8382c"/>` +
    `<rect x="416" y="80" width="28" height="24" fill="#ffe98c"/><path d="M412 80L430 62L448 80Z" fill="#39201c"/>` +
    glow("lamp", 430, 92, 60, "#fff0a0", 0.9) +
    silhouette(300, (x) => 44 * Math.exp(-(((x - 440) / 110) ** 2)) + 3 * Math.sin(x * 0.2), "#121a2b") +
    repeat(5, (i) =>
      silhouette(318 + i * 12, (x) => 2.5 * Math.sin(x * 0.05 + t + i * 2), "rgba(20,40,80,0.5)"),
    )
  );
}
