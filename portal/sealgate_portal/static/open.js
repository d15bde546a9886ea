// The key stands behind the # of the link, which browsers never send. On Open it is put into the form, and nothing else
// happens here: no request of its own, nothing stored. The fragment stays in the address until the text is shown.
"use strict";
for (const form of document.querySelectorAll("form.opener, form.keeps-fragment")) {
  form.addEventListener("submit", () => {
    const key = location.hash.slice(1);
    if (key && form.elements.key) form.elements.key.value = key;
    if (key) form.action = form.getAttribute("action") + "#" + key;
  });
}
