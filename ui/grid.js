// The results table: a click or a key on a button says what to do; arrows move between cells.
const cells = () => [...element.querySelectorAll('tbody button')];
const ready = () => {
  const all = cells();
  const kept = element.querySelector('tbody button[aria-current]') || all[0];
  all.forEach((cell) => { cell.tabIndex = cell === kept ? 0 : -1; });
};
// The evidence takes its part of the screen: the cell it is about stays in sight.
const middle = (button) => {
  const box = button.closest('.scroll'), at = button.getBoundingClientRect();
  if (!box) return;
  const frame = box.getBoundingClientRect();
  if (at.left < frame.left || at.right > frame.right) box.scrollLeft += at.left - frame.left - (frame.width - at.width) / 2;
};
const move = (from, key) => {
  const row = from.closest('tr');
  const across = [...row.querySelectorAll('button')];
  const index = across.indexOf(from);
  let to = null;
  if (key === 'ArrowRight') to = across[index + 1];
  if (key === 'ArrowLeft') to = across[index - 1];
  const next = key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling;
  if ((key === 'ArrowDown' || key === 'ArrowUp') && next) {
    const there = [...next.querySelectorAll('button')];
    to = there[Math.min(index, there.length - 1)];
  }
  if (!to) return false;
  from.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
  return true;
};
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-act]');
  if (!button || button.disabled) return;
  element.querySelectorAll('tbody button[aria-current]').forEach((one) => one.removeAttribute('aria-current'));
  if (button.dataset.act === 'open') {
    button.setAttribute('aria-current', 'true');
    setTimeout(() => middle(button), 500);
  }
  trigger('act', { ...button.dataset });
});
element.addEventListener('keydown', (event) => {
  const button = event.target.closest('tbody button');
  if (button && event.key.startsWith('Arrow') && move(button, event.key)) event.preventDefault();
});
watch('value', ready);
ready();
