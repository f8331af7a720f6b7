export function withTax(net, rate) {
  return Math.round(net * (1 + rate) * 100) / 100;
}

export function discounted(price, percent) {
  if (percent > 100) throw new RangeError('more than everything');
  return price - (price * percent) / 100;
}
