/**
 * What the browser shows in the end. Constant text: nothing from the request is repeated, and the style is the
 * only thing on the page besides it.
 */
export function closingPage(signedIn: boolean): string {
  const title = signedIn ? 'You are signed in' : 'The sign-in did not work';
  const text = signedIn
    ? 'The terminal has what it needs. You can close this window.'
    : 'The terminal says why. You can close this window.';
  const [mark, colour] = signedIn ? ['\u2713', '#1a7f37'] : ['\u2717', '#cf222e'];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} – Daypass</title>
<style>
:root { color-scheme: light dark }
body { font: 1.1rem/1.5 system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; padding: 0 1rem }
main { text-align: center }
h1 { font-size: 1.6rem; font-weight: 600 }
h1::before { content: "${mark}"; display: block; font-size: 3rem; color: ${colour} }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${text}</p>
</main>
</body>
</html>
`;
}
