// The note that kept pages are read again, and the way back.
element.addEventListener('click', (event) => {
  if (event.target.closest('button[data-act]')) trigger('forget', {});
});
