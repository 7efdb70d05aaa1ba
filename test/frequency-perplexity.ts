/** What a model of text has to beat: the perplexity that symbols' frequencies in this very text give them. */
export function frequencyPerplexity(symbols: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / symbols.length);
  return Math.exp(-shares.reduce((sum, share) => sum + share * Math.log(share), 0));
}
