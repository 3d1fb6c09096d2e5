// Scroll to the first quote, in the page's text or in its frame, and on a phone to the panel.
const inFrame = (frame) => {
  const mark = frame.contentDocument && frame.contentDocument.getElementById('quote');
  if (mark) mark.scrollIntoView({ block: 'center' });
};
watch('value', () => {
  const box = element.querySelector('.page'), mark = box && box.querySelector('mark');
  if (box) box.scrollTop = mark ? mark.offsetTop - box.clientHeight / 3 : 0;
  const frame = element.querySelector('iframe');
  if (frame) {
    frame.addEventListener('load', () => inFrame(frame));
    inFrame(frame);
  }
  if ((box || frame) && window.innerWidth < 900) element.scrollIntoView({ block: 'nearest' });
});
