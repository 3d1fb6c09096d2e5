// The list of jobs. Deleting asks once more, on the button itself.
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-act]');
  if (!button) return;
  if (button.dataset.act === 'delete' && button.dataset.sure !== 'yes') {
    button.dataset.sure = 'yes';
    button.textContent = 'Really delete?';
    setTimeout(() => { button.dataset.sure = ''; button.textContent = 'Delete'; }, 4000);
    return;
  }
  trigger('act', { ...button.dataset });
});
