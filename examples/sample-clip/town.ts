/** Scenes of streets, rooms, rails and rockets. Each draws the moment `t` (seconds) of a shot that lasts `length`. */

import { blend, chance, ease, glow, group, range, repeat, silhouette } from "./svg.ts";

/** The camera pans along a street with traffic. */
export function street(t: number): string {
  const houses = (depth: number, y: number, colors: readonly string[]) =>
    group(
      `translate(${-t * 34 * depth} 0)`,
      repeat(16, (i) => {
        const x = i * 76 - 20;
        const height = 90 + 110 * chance(i * 7 + depth * 13);
        const windows = repeat(Math.floor(height / 26) * 3, (w) => {
          const lit = chance(i * 50 + w + depth) > 0.55;
          return `<rect x="${x + 10 + (w % 3) * 19}" y="${y - height + 12 + Math.floor(w / 3) * 26}" width="11" height="14" fill="${lit ? "#ffe6a3" : "#3f5270"}"/>`;
        });
        return `<rect x="${x}" y="${y - height}" width="70" height="${height + 80}" fill="${colors[i % colors.length]}"/>${windows}`;
      }),
    );
  const car = (i: number) => {
    const forward = i % 2 === 0;
    const speed = (forward ? 1 : -1) * (120 + 60 * chance(i));
    const x = ((((i * 217 + t * speed) % 900) + 900) % 900) - 130;
    const color = ["#d64541", "#f2b134", "#3a86c8", "#efefef", "#58a55c"][i % 5];
    const body =
      `<path d="M0 0H92V-18Q90 -24 78 -25L66 -42H28L14 -24Q0 -22 0 -14Z" fill="${color}"/><path d="M24 -25L32 -37H46V-25ZM51 -25V-37H62L70 -25Z" fill="#cfe6f5"/>` +
      `<circle cx="20" cy="1" r="9" fill="#1c1c22"/><circle cx="72" cy="1" r="9" fill="#1c1c22"/><circle cx="20" cy="1" r="4" fill="#aaa"/><circle cx="72" cy="1" r="4" fill="#aaa"/>`;
    return group(
      `translate(${forward ? x : x + 92} ${forward ? 330 : 300}) scale(${forward ? 1 : -1} 1)`,
      body,
    );
  };
  return (
    blend("sky", ["#8ec9ee", "#d7eefb", "#fdf3dc"], 0, 280) +
    glow("sun", 90, 60, 110, "#fffbe0", 0.9) +
    houses(0.5, 262, ["#a9bccb", "#b8c7d3", "#9fb2c4"]) +
    houses(1, 272, ["#c8795a", "#8d9fb3", "#d8b26a", "#77899c", "#a65d57"]) +
    `<rect x="-10" y="266" width="660" height="100" fill="#4a4d57"/><rect x="-10" y="262" width="660" height="10" fill="#9b9a94"/>` +
    repeat(
      14,
      (i) => `<rect x="${i * 70 - ((t * 60) % 70)}" y="314" width="36" height="4" fill="#e9e5d3"/>`,
    ) +
    [1, 3, 5, 0, 2, 4].map(car).join("")
  );
}

/** When each of the five balls touches the floor, for the picture and for the sound. */
export const bounces = range(5, (i) => ({ period: 0.62 + 0.13 * i, phase: 0.17 * i, height: 120 + 34 * i }));

/** The liveliest shot: balls bounce, squash and spin before a turning pattern. */
export function balls(t: number): string {
  const colors = ["#ff595e", "#ffca3a", "#8ac926", "#1982c4", "#c77dff"];
  const rays = repeat(12, (i) => {
    const angle = i * 30 + t * 40;
    return `<path d="M320 150L1020 80L1020 220Z" fill="${i % 2 === 0 ? "#3d2c6b" : "#4b3a86"}" transform="rotate(${angle} 320 150)"/>`;
  });
  const ball = (i: number) => {
    const { period, phase, height } = bounces[i];
    const f = ((t + phase) % period) / period;
    const up = 4 * f * (1 - f) * height;
    const squash = 1 - 0.35 * Math.exp(-up / 9);
    const x = 90 + i * 115 + 44 * Math.sin(t * 2.1 + i * 1.7);
    const shine = `<circle r="30" fill="${colors[i]}"/><path d="M-30 0A30 30 0 0 1 30 0Z" fill="#ffffff" opacity="0.28" transform="rotate(${t * 260 + i * 40})"/>`;
    return (
      `<ellipse cx="${x}" cy="322" rx="${34 - up * 0.09}" ry="6" fill="#120a2b" opacity="0.55"/>` +
      group(`translate(${x} ${318 - 30 * squash - up}) scale(${2 - squash} ${squash})`, shine)
    );
  };
  return `<rect width="640" height="360" fill="#3d2c6b"/>${rays}<rect y="300" width="640" height="60" fill="#221446"/>${repeat(5, ball)}`;
}

/** A still shot but for a clock's hand that ticks once a second. */
export function clock(t: number): string {
  const hand = (angle: number, length: number, width: number, color: string) =>
    `<path d="M0 12V${-length}" stroke="${color}" stroke-width="${width}" stroke-linecap="round" transform="rotate(${angle})"/>`;
  const marks = repeat(
    12,
    (i) => `<rect x="-3" y="-104" width="6" height="16" fill="#3a2d25" transform="rotate(${i * 30})"/>`,
  );
  return (
    blend("wall", ["#2f5d62", "#24484d"]) +
    repeat(
      9,
      (i) => `<rect x="${i * 80 - 10}" y="0" width="36" height="360" fill="#ffffff" opacity="0.035"/>`,
    ) +
    glow("light", 320, 120, 320, "#fff4d0", 0.35) +
    group(
      "translate(320 176)",
      `<circle r="132" fill="#1a2f31" opacity="0.5" cx="8" cy="10"/><circle r="130" fill="#8b5a2b"/><circle r="116" fill="#f8f1e0"/>${marks}` +
        hand(305, 62, 8, "#3a2d25") +
        hand(50, 88, 6, "#3a2d25") +
        hand(Math.floor(t + 1e-6) * 6 + 120, 96, 3, "#c0392b") +
        `<circle r="7" fill="#c0392b"/>`,
    )
  );
}

/** When each burst goes off, in seconds of the shot, for the picture and for the sound. */
export const bursts = range(13, (i) => 0.35 + i * 0.5 + 0.22 * chance(i + 40));

/** Fireworks over a skyline. */
export function fireworks(t: number): string {
  const burst = (start: number, i: number) => {
    const age = t - start;
    const x = 70 + 500 * chance(i + 3);
    const y = 50 + 110 * chance(i + 17);
    if (age < 0) {
      const rise = 1 + age / 0.6;
      return rise < 0 ? "" : `<circle cx="${x}" cy="${300 - (300 - y) * rise}" r="2.5" fill="#ffe9b0"/>`;
    }
    if (age > 1.5) return "";
    const hue = (i * 67) % 360;
    const radius = 105 * (1 - Math.exp(-3.2 * age));
    const fade = Math.max(0, 1 - age / 1.5);
    const sparks = repeat(30, (k) => {
      const angle = (k / 30) * 2 * Math.PI;
      const reach = radius * (0.55 + 0.45 * chance(k + i * 30));
      const sx = x + reach * Math.cos(angle);
      const sy = y + reach * Math.sin(angle) + 26 * age * age;
      return `<path d="M${sx.toFixed(1)} ${sy.toFixed(1)}L${(sx - 7 * Math.cos(angle)).toFixed(1)} ${(sy - 7 * Math.sin(angle)).toFixed(1)}" stroke="hsl(${hue + 20 * chance(k)},95%,68%)" stroke-width="3" stroke-linecap="round"/>`;
    });
    const flash = age < 0.16 ? glow(`flash${i}`, x, y, 220, "#ffffff", 0.75 * (1 - age / 0.16)) : "";
    return `<g opacity="${fade.toFixed(3)}">${glow(`glow${i}`, x, y, radius + 40, `hsl(${hue},90%,60%)`, 0.35)}${sparks}</g>${flash}`;
  };
  const skyline = repeat(22, (i) => {
    const height = 30 + 70 * chance(i + 60);
    return `<rect x="${i * 30}" y="${330 - height}" width="29" height="${height + 40}" fill="#0b0d1c"/><rect x="${i * 30 + 8}" y="${340 - height}" width="4" height="5" fill="#ffd27a" opacity="0.8"/>`;
  });
  return blend("night", ["#070818", "#151437", "#34275a"]) + bursts.map(burst).join("") + skyline;
}

/** A train crosses a landscape that moves at several speeds. */
export function train(t: number): string {
  const wagon = (i: number) => {
    const x = i * 178;
    const color = i === 4 ? "#b8342f" : ["#2f6f8f", "#e0c068"][i % 2];
    const windows = repeat(
      4,
      (w) => `<rect x="${x + 16 + w * 36}" y="-62" width="26" height="24" rx="3" fill="#fff3c9"/>`,
    );
    const wheels = repeat(4, (w) => {
      const cx = x + 26 + w * 40;
      return `<circle cx="${cx}" cy="4" r="12" fill="#2a2a30"/><path d="M${cx - 9} 4H${cx + 9}" stroke="#9a9aa2" stroke-width="3" transform="rotate(${t * 420} ${cx} 4)"/>`;
    });
    const chimney = i === 4 ? `<rect x="${x + 132}" y="-104" width="20" height="30" fill="#2a2a30"/>` : "";
    return `<rect x="${x}" y="-78" width="170" height="78" rx="8" fill="${color}"/>${windows}${wheels}${chimney}`;
  };
  const front = -760 + 205 * t;
  const smoke = repeat(14, (i) => {
    const age = (i + ((t * 5) % 1)) / 5;
    const x = front + 852 - age * 150;
    return `<circle cx="${x}" cy="${176 - age * 34}" r="${10 + age * 15}" fill="#f4f4f4" opacity="${Math.max(0, 0.75 - age * 0.27)}"/>`;
  });
  const field = (y: number, speed: number, color: string, height: number) =>
    silhouette(
      y,
      (x) => height * Math.sin((x + t * speed) * 0.012) + height * 0.4 * Math.sin((x + t * speed) * 0.031),
      color,
    );
  return (
    blend("sky", ["#69b3e7", "#bfe1f6", "#fbe8c8"], 0, 300) +
    repeat(
      5,
      (i) =>
        `<ellipse cx="${((i * 170 - t * 8 + 800) % 800) - 60}" cy="${44 + 22 * (i % 3)}" rx="58" ry="15" fill="#ffffff" opacity="0.85"/>`,
    ) +
    field(220, 16, "#8fa9c4", 46) +
    field(252, 42, "#7fb069", 22) +
    field(286, 90, "#5a8f4a", 9) +
    `<rect y="292" width="640" height="70" fill="#8c7a5e"/><rect y="294" width="640" height="5" fill="#5d5d63"/>` +
    repeat(
      20,
      (i) => `<rect x="${i * 40 - ((t * 120) % 40)}" y="302" width="22" height="7" fill="#5b4632"/>`,
    ) +
    smoke +
    group(`translate(${front} 282)`, repeat(5, wagon))
  );
}

/** A rocket lifts off: light, smoke, and a camera that shakes. */
export function rocket(t: number): string {
  const lift = 26 * Math.max(0, t - 1.6) ** 2.1;
  const thrust = ease(t, 0.9, 1.8);
  const shake = thrust * 3.5;
  const y = 268 - lift;
  const smoke = repeat(46, (i) => {
    const born = 0.9 + i * 0.1;
    const age = t - born;
    if (age < 0) return "";
    const side = chance(i) - 0.5;
    const ground = lift < 160 ? 300 : 312;
    const shade = 205 + Math.floor(45 * chance(i + 8));
    return `<circle cx="${320 + side * (60 + 190 * (1 - Math.exp(-1.3 * age)))}" cy="${ground + 16 * chance(i + 2) - 12 * age * chance(i + 6)}" r="${16 + 30 * (1 - Math.exp(-1.6 * age))}" fill="rgb(${shade},${shade - 6},${shade - 14})" opacity="${Math.max(0, 0.8 - age * 0.14)}"/>`;
  });
  const flame = `<path d="M-14 0Q0 ${(90 + 26 * Math.sin(t * 61)) * thrust} 14 0Z" fill="#ff8c2b"/><path d="M-8 0Q0 ${(58 + 18 * Math.sin(t * 83)) * thrust} 8 0Z" fill="#fff2b0"/>`;
  const body =
    flame +
    `<path d="M-20 0V-96Q0 -150 20 -96V0Z" fill="#f1f1ee"/><path d="M-20 -20L-38 8H-20ZM20 -20L38 8H20Z" fill="#d64541"/><path d="M-15 -108Q0 -150 15 -108Z" fill="#d64541"/><circle cy="-78" r="9" fill="#4f9bd0" stroke="#8b8f96" stroke-width="3"/>`;
  const tower = `<path d="M372 300V132M396 300V132M372 150L396 180L372 210L396 240L372 270L396 300M356 160H372M350 220H372" stroke="#7b2d26" stroke-width="4" fill="none"/>`;
  return group(
    `translate(${shake * Math.sin(t * 71)} ${shake * Math.sin(t * 53 + 1)})`,
    blend("dusk", ["#1d3461", "#6d597a", "#eaac8b"], -20, 340) +
      silhouette(300, (x) => 20 * Math.sin(x * 0.01 + 1) + 9 * Math.sin(x * 0.037), "#355070") +
      `<rect x="-20" y="300" width="680" height="90" fill="#2b2d42"/>` +
      tower +
      (thrust > 0 ? glow("fire", 320, y + 30, 190 * thrust, "#ffb35c", 0.85) : "") +
      group(`translate(320 ${y})`, body) +
      smoke,
  );
}
