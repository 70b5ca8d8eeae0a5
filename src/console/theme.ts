// Light or dark: the system's wish until someone presses the button, then what they chose, remembered.
import { byId, useIcon } from './elements.ts';

const STORED_AS = 'throughline-theme';

type Theme = 'light' | 'dark';

export function setUpTheme(onChange: () => void): void {
  const button = byId('theme');
  const system = matchMedia('(prefers-color-scheme: dark)');
  const current = (): Theme => {
    const chosen = document.documentElement.dataset['theme'];
    if (chosen === 'light' || chosen === 'dark') return chosen;
    return system.matches ? 'dark' : 'light';
  };
  const show = (): void => {
    const other = current() === 'dark' ? 'light' : 'dark';
    useIcon(button, other);
    button.setAttribute('aria-label', `Use the ${other} theme`);
    button.title = `Use the ${other} theme`;
    onChange();
  };
  button.addEventListener('click', () => {
    const chosen: Theme = current() === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = chosen;
    remember(chosen);
    show();
  });
  system.addEventListener('change', show);
  show();
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(STORED_AS, theme);
  } catch {
    // storage can be forbidden; the choice then lasts as long as the page
  }
}
