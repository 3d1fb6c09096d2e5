// Gradio keeps a second, unseen row of tabs to measure by: keep the keyboard out of it.
// Its button for more files has no name, and another button in it: one of them answers for both.
const named = (button) => {
  const inner = button.querySelector('button');
  button.title = 'Add files';
  button.setAttribute('aria-label', 'Add files');
  if (!inner) return;
  inner.inert = true;
  button.addEventListener('click', (event) => { if (!inner.contains(event.target)) inner.click(); });
};
const settle = () => {
  document
    .querySelectorAll('.tab-container[aria-hidden="true"] button')
    .forEach((button) => { button.tabIndex = -1; });
  document.querySelectorAll('button[aria-label="common.upload"]').forEach(named);
};
settle();
new MutationObserver(settle).observe(document.body, { childList: true, subtree: true });
// A double click on what starts a job is one click.
document.addEventListener('click', (event) => {
  if (event.detail > 1 && event.target.closest('#run, #run-set, #show-plan')) event.stopImmediatePropagation();
}, true);
