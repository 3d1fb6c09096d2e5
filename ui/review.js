// Review by keyboard: a accept, x absent, n next, b back, u undo, s use the selection, c or / type.
const panel = () => element.querySelector('.review');
const asked = (act, more) => {
  const box = panel();
  if (!box || box.dataset.busy) return;
  box.dataset.busy = '1';
  setTimeout(() => { delete box.dataset.busy; }, 1500);
  trigger('act', { act, at: box.dataset.at, job: box.dataset.job, ...more });
};
const typed = () => element.querySelector('#correction');
const selection = () => {
  const page = element.querySelector('.page'), chosen = window.getSelection();
  if (!page || !chosen.rangeCount || chosen.isCollapsed) return null;
  const range = chosen.getRangeAt(0);
  if (!page.contains(range.startContainer) || !page.contains(range.endContainer)) return null;
  const before = document.createRange();
  before.setStart(page, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const kept = before.cloneContents();
  kept.querySelectorAll('i').forEach((note) => note.remove());
  const start = Number(page.dataset.first) + [...kept.textContent].length;
  return { start, end: start + [...range.cloneContents().textContent].length };
};
const doAct = (act) => {
  if (act === 'type') {
    const text = typed().value;
    if (text.trim()) asked('type', { text });
    else typed().focus();
  } else if (act === 'select') {
    const span = selection();
    if (span) asked('select', span);
    else element.querySelector('.hint').textContent = 'Select words in the text of the page first.';
  } else asked(act, {});
};
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-act]');
  if (button) doAct(button.dataset.act);
});
element.addEventListener('submit', (event) => { event.preventDefault(); doAct('type'); });
const KEYS = { a: 'accept', x: 'absent', n: 'next', b: 'back', u: 'undo', s: 'select' };
document.addEventListener('keydown', (event) => {
  if (!panel() || panel().offsetParent === null) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inside = event.target.closest && event.target.closest('input, textarea, select, [contenteditable]');
  if (inside) {
    if (inside === typed() && event.key === 'Enter') { event.preventDefault(); doAct('type'); }
    if (inside === typed() && event.key === 'Escape') inside.blur();
    return;
  }
  if (event.key === 'c' || event.key === '/') { event.preventDefault(); typed().focus(); typed().select(); return; }
  if (KEYS[event.key]) { event.preventDefault(); doAct(KEYS[event.key]); }
});
watch('value', () => {
  const box = panel(), page = element.querySelector('.page'), mark = page && page.querySelector('mark');
  if (box) delete box.dataset.busy;
  if (page) page.scrollTop = mark ? mark.offsetTop - page.clientHeight / 3 : 0;
  if (typed()) typed().value = typed().getAttribute('value') || '';
  if (typed() && document.activeElement === typed()) typed().blur();
});
