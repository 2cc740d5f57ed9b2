/* Optional: form and buyer's page work without it. One key for each time the page is gone to, so that a
 * second press, or the way back and another press, is the same order; the button says that something is under way; and a host that
 * sleeps is kept awake while the buyer types. */
(function () {
  "use strict";
  var form = document.getElementById("order");
  if (!form || !window.crypto || !crypto.getRandomValues) return;
  var button = form.querySelector("button.pay");
  var words = button && button.textContent;
  if (!form.elements.key) {
    var key = document.createElement("input");
    key.type = "hidden";
    key.name = "key";
    var before = history.state || {};
    key.value = before.groszKey || Array.from(crypto.getRandomValues(new Uint8Array(16)), function (b) {
      return (b + 256).toString(16).slice(1);
    }).join("");
    history.replaceState(Object.assign({}, before, { groszKey: key.value }), "");
    form.appendChild(key);
  }
  form.addEventListener("submit", function (event) {
    if (form.getAttribute("aria-busy")) {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    if (button) button.textContent = form.dataset.busy;
  });
  var woken = -Infinity;
  function wake() {
    var now = Date.now();
    if (now - woken < 60000) return;
    woken = now;
    new Image().src = form.getAttribute("action").replace(/order$/, "warm?") + now;
  }
  form.addEventListener("input", wake);
  /* Not before the page has loaded: an image would hold that up. Safari knows no prefetch. */
  if (!document.createElement("link").relList.supports("prefetch")) {
    window.addEventListener("load", wake);
  }
  window.addEventListener("pageshow", function () {
    form.removeAttribute("aria-busy");
    if (button) button.textContent = words;
  });
})();

/* A buyer's page that waits for something: looks again by itself, and is laid anew only when there is
 * something new to read. Without a script it is laid anew each time. */
(function () {
  "use strict";
  var waiting = document.querySelector("main [data-again]");
  if (!waiting || !window.fetch || !window.DOMParser) return;
  var seconds = Number(waiting.dataset.wait) || 5;
  var looks = 0;
  var main = document.querySelector("main").innerHTML;
  function look() {
    fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" }).then(function (answer) {
      return answer.ok ? answer.text() : "";
    }).then(function (text) {
      var now = text && new DOMParser().parseFromString(text, "text/html").querySelector("main");
      if (now && now.innerHTML !== main) location.reload();
      else next();
    }).catch(next);
  }
  function next() {
    if (++looks < 100) setTimeout(look, seconds * 1000);
    else location.replace(waiting.dataset.again);
  }
  setTimeout(look, seconds * 1000);
})();
