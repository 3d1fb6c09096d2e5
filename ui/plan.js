// The plan's table. What stands in its inputs is read when Run is pressed.
const settle = () => {
  element.querySelectorAll('tbody input').forEach((input) => { input.value = input.getAttribute('value') || ''; });
  element.querySelectorAll('tbody select').forEach((select) => {
    const chosen = [...select.options].find((option) => option.hasAttribute('selected'));
    if (chosen) select.value = chosen.value;
  });
};
window.fieldwisePlan = () => (element.querySelector('table') ? [...element.querySelectorAll('tbody tr')].map((row) => ({
  field: row.dataset.field,
  hint: row.querySelector('[data-part=hint]').value,
  labels: row.querySelector('[data-part=labels]').value,
  tier: row.querySelector('[data-part=tier]').value,
})) : null);
element.addEventListener('click', (event) => {
  if (event.target.closest('button[data-act]')) trigger('forget', {});
});
watch('value', settle);
settle();
