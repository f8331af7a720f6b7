export function withTax(net, rate) {
  if (rate < 0) throw new RangeError('a tax rate is not negative');
  return net * (1 + rate);
}
