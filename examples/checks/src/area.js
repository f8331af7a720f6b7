export function rectangleArea(width, height) {
  return width * height;
}

export function circleArea(radius) {
  return Math.PI * radius ** 2;
}
