export function rectangleArea(width, height) {
  if (width < 0 || height < 0) throw new RangeError('negative side');
  return width * height;
}

export function circleArea(radius) {
  return Math.PI * radius ** 2;
}
