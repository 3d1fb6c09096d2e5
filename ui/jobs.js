// The list of jobs. Deleting asks once more, on the button itself; a double click is no answer.
const say = (button, sure) => {
  const name = button.dataset.name || button.getAttribute('aria-label');
  button.dataset.name = name;
  button.dataset.sure = sure ? 'yes' : '';
  button.textContent = sure ? 'Really delete?' : 'Delete';
  button.setAttribute('aria-label', sure ? `Really ${name[0].toLowerCase()}${name.slice(1)}?` : name);
};
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-act]');
  if (!button) return;
  if (button.dataset.act === 'delete') {
    if (event.detail > 1) return;
    if (button.dataset.sure !== 'yes') {
      say(button, true);
      setTimeout(() => say(button, false), 4000);
      return;
    }
  }
  trigger('act', { act: button.dataset.act, job: button.dataset.job });
});
