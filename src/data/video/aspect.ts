/** Whether pixels of this width ÷ height are square but for rounding, which scaling leaves behind. */
export function nearlySquare(aspect: number): boolean {
  return Math.abs(aspect - 1) < 0.005;
}
