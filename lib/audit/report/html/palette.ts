/** Colours of the page, as `#rrggbb`. A test holds every pair that carries text to WCAG 2.2's contrast. */
export interface Palette {
  readonly page: string;
  readonly card: string;
  readonly line: string;
  readonly text: string;
  /** Text of less weight. */
  readonly quiet: string;
  /** Sessions that were issued. */
  readonly issued: string;
  /** Requests that got nothing. */
  readonly refused: string;
  /** Hours of the week from none to most, each with the colour of the text on it. */
  readonly heat: readonly (readonly [background: string, text: string])[];
}

export const LIGHT: Palette = {
  page: '#f5f6f8',
  card: '#ffffff',
  line: '#d5dae1',
  text: '#1a2029',
  quiet: '#525c69',
  issued: '#2563b0',
  refused: '#b3470d',
  heat: [
    ['#ffffff', '#525c69'],
    ['#deebfa', '#1a2029'],
    ['#b3d1f2', '#1a2029'],
    ['#7fb1e6', '#1a2029'],
    ['#2f6fb8', '#ffffff'],
    ['#123f75', '#ffffff'],
  ],
};

export const DARK: Palette = {
  page: '#0f1318',
  card: '#181e26',
  line: '#343d49',
  text: '#e7ebf0',
  quiet: '#a3adba',
  issued: '#6aaef5',
  refused: '#f29a5e',
  heat: [
    ['#181e26', '#a3adba'],
    ['#1c3350', '#e7ebf0'],
    ['#214a7a', '#e7ebf0'],
    ['#2a64a8', '#ffffff'],
    ['#6aaef5', '#0f1318'],
    ['#b9dbff', '#0f1318'],
  ],
};
