/**
 * The one script: copies what a button names, and filters as somebody types. Everything works without it; its buttons
 * are hidden until it runs.
 */
export const SCRIPT = `
for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const field = document.getElementById(button.dataset.copy);
    const live = document.getElementById('live');
    try {
      await navigator.clipboard.writeText(field.value);
      live.textContent = button.dataset.done;
    } catch {
      field.focus();
      field.select();
      live.textContent = 'Press Ctrl+C or Cmd+C to copy.';
    }
  });
}
const search = document.querySelector('input[data-filter]');
if (search) {
  const live = document.getElementById('live');
  const sections = [...document.querySelectorAll('section.account')];
  const filter = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let found = 0;
    for (const section of sections) {
      const heading = section.querySelector('h2').textContent.toLowerCase();
      let shown = 0;
      for (const row of section.querySelectorAll('li')) {
        const text = heading + ' ' + row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) shown += 1;
      }
      section.hidden = shown === 0;
      found += shown;
    }
    live.textContent = words.length ? found + (found === 1 ? ' role' : ' roles') : '';
  };
  search.addEventListener('input', filter);
  if (search.value) filter();
}
`;
