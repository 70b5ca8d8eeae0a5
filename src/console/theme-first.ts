// Runs before the first paint, as a plain script: a remembered theme must not flash the other one first.
try {
  const remembered = localStorage.getItem('throughline-theme');
  if (remembered === 'light' || remembered === 'dark') document.documentElement.dataset['theme'] = remembered;
} catch {
  // storage can be forbidden; the system's theme is then used
}
