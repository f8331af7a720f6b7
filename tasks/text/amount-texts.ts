/** How errors name amounts: `12,345`. */
export function tokensText(tokens: number): string {
  return tokens.toLocaleString('en-US');
}

/** `0.0159`, `0.2500`, `12.00`: dollars without a sign, below one with what requests cost. */
export function usdText(usd: number): string {
  return usd.toFixed(usd < 1 ? 4 : 2);
}
