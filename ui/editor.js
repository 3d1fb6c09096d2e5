// The small table of fields. What stands in its inputs is read when Run is pressed.
const read = () => [...element.querySelectorAll('tbody tr')].map((row) => ({
  name: row.querySelector('[data-part=name]').value,
  kind: row.querySelector('[data-part=kind]').value,
  description: row.querySelector('[data-part=description]').value,
  choices: row.querySelector('[data-part=choices]').value,
  required: row.querySelector('[data-part=required]').checked,
  many: row.querySelector('[data-part=many]').checked,
}));
let later = 0;
const tell = () => {
  clearTimeout(later);
  later = setTimeout(() => trigger('edited', { fields: read() }), 250);
};
const settle = () => {
  element.querySelectorAll('tbody input[type=text]').forEach((input) => { input.value = input.getAttribute('value') || ''; });
  element.querySelectorAll('tbody input[type=checkbox]').forEach((input) => { input.checked = input.hasAttribute('checked'); });
  element.querySelectorAll('tbody select').forEach((select) => {
    [...select.options].forEach((option) => { if (option.hasAttribute('selected')) select.value = option.value; });
  });
  element.querySelectorAll('tbody tr').forEach(show);
};
const show = (row) => {
  const choices = row.querySelector('[data-part=choices]');
  choices.hidden = row.querySelector('[data-part=kind]').value !== 'choice';
};
element.addEventListener('input', (event) => {
  const row = event.target.closest('tr');
  if (row) show(row);
  tell();
});
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-act]');
  if (!button) return;
  if (button.dataset.act === 'remove') button.closest('tr').remove();
  if (button.dataset.act === 'add') {
    const fresh = element.querySelector('template').content.firstElementChild.cloneNode(true);
    element.querySelector('tbody').append(fresh);
    fresh.querySelector('input').focus();
    show(fresh);
  }
  tell();
});
window.fieldwiseFields = () => ({ of: element.querySelector('table').dataset.for, rows: read() });
watch('value', settle);
settle();
