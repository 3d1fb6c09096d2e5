// Gradio keeps a second, unseen row of tabs to measure by: keep the keyboard out of it.
const settle = () => document
  .querySelectorAll('.tab-container[aria-hidden="true"] button')
  .forEach((button) => { button.tabIndex = -1; });
settle();
new MutationObserver(settle).observe(document.body, { childList: true, subtree: true });
