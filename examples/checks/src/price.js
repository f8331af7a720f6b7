export function withTax(net, rate) {
  if (rate < 0) throw new RangeError('a rate is not negative');
  return net * (1 + rate);
}

export function discounted(price, share) {
  return price * (1 - share);
}
