// Scroll the page's text to the first quote, and on a phone the panel into view.
watch('value', () => {
  const box = element.querySelector('.page'), mark = box && box.querySelector('mark');
  if (box) box.scrollTop = mark ? mark.offsetTop - box.clientHeight / 3 : 0;
  if (box && window.innerWidth < 900) element.scrollIntoView({ block: 'nearest' });
});
