export function checked(prices: number[]): number[] {
  for (const price of prices) {
    if (price < 0) {
      throw new RangeError("a price is below zero");
    }
  }
  return prices;
}
