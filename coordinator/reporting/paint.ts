import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Gives a text a style, or leaves it as it is where colour is off. */
export type Paint = (style: Style, text: string) => string;

/** Whether there is colour is decided once, by terminalSettings; styleText is not to decide again by stdout. */
export function createPaint(color: boolean): Paint {
  return color ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}
