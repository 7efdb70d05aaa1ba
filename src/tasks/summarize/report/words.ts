/** Text for HTML, in content and in quoted attributes alike. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Seconds as 1:02:03, or 2:03 below an hour, with so many decimals. */
export function clock(seconds: number, decimals = 0): string {
  const unit = 10 ** decimals;
  const units = Math.floor(seconds * unit + 1e-3); // 29.9999997 is half a minute
  const whole = Math.floor(units / unit);
  const fraction = decimals === 0 ? "" : `.${String(units % unit).padStart(decimals, "0")}`;
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = `${two(whole % 60)}${fraction}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** Seconds in words: "1 hour 2 minutes", "2 minutes 3 seconds", "4.5 seconds". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toPrecision(seconds < 1 ? 1 : 2))} seconds`;
  const whole = Math.round(seconds);
  const parts: [number, string][] =
    whole < 3600
      ? [
          [Math.floor(whole / 60), "minute"],
          [whole % 60, "second"],
        ]
      : [
          [Math.floor(whole / 3600), "hour"],
          [Math.floor(whole / 60) % 60, "minute"],
        ];
  return parts
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}${value === 1 ? "" : "s"}`)
    .join(" ");
}

export function percent(share: number): string {
  return `${share < 0.1 ? Number((100 * share).toFixed(1)) : Math.round(100 * share)} %`;
}
