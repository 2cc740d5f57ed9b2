/* In `grosz serve` only: loads the page again when a file was edited, or shows the mistakes over it.
 * One page of the browser listens for all, for a browser keeps few connections to one host. */
(function () {
  "use strict";
  var mine = document.currentScript.dataset.shop;
  var seen = mine;
  var hidden = "";
  var box = null;
  var channel = window.BroadcastChannel && new BroadcastChannel("grosz-live");

  function part(tag, text) {
    var e = document.createElement(tag);
    if (text) e.textContent = text;
    return e;
  }
  function hide() {
    if (box) box.remove();
    box = null;
  }
  function show(state) {
    hide();
    box = part("div");
    box.className = "grosz-live";
    box.setAttribute("role", "alert");
    var inner = part("div");
    var list = part("ol");
    var button = part("button", "Hide until the next edit");
    state.mistakes.forEach(function (m) { list.appendChild(part("li", m)); });
    button.type = "button";
    button.addEventListener("click", function () {
      hidden = state.now;
      hide();
    });
    inner.append(part("h2", "Your files have a mistake"), part("p", state.sentence), list, button);
    box.appendChild(inner);
    document.body.appendChild(box);
  }
  function take(state) {
    seen = state.now;
    if (state.shop !== mine) location.reload();
    else if (!state.sentence) hide();
    else if (state.now !== hidden) show(state);
  }
  function pause(ms) {
    return new Promise(function (done) { setTimeout(done, ms); });
  }
  function ask(moment) {
    return fetch("/live/" + moment, { cache: "no-store" }).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      return answer.json();
    });
  }
  /* Nothing new, or nobody there: not again at once. */
  function listen() {
    var before = seen;
    return ask(before).then(function (state) {
      if (channel) channel.postMessage(state);
      take(state);
      return state.now === before ? pause(1000) : null;
    }, function () { return pause(1000); }).then(listen);
  }
  function poll() {
    ask("now").then(take, function () {}).then(function () { return pause(1000); }).then(poll);
  }

  var style = part("link");
  style.rel = "stylesheet";
  style.href = "/live.css";
  document.head.appendChild(style);
  if (!channel || !navigator.locks) {
    poll();
    return;
  }
  channel.onmessage = function (m) { take(m.data); };
  ask("now").then(take, function () {});
  navigator.locks.request("grosz-live", listen);
})();
