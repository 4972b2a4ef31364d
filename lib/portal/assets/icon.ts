/** The mark: a pass with its notch. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#1d4ed8"/><path d="M8 10h16a2 2 0 0 1 2 2v2a2 2 0 0 0 0 4v2a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2v-2a2 2 0 0 0 0-4v-2a2 2 0 0 1 2-2Z" fill="#fff"/><path d="M20 12v8" stroke="#1d4ed8" stroke-width="2" stroke-dasharray="2 2"/></svg>`;
