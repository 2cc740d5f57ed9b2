/* In `grosz serve` only: shows the page as it is now when a file was edited, or the mistakes over it.
 * What differs between the page as it was served and as it is served now is changed in place, so that
 * what was typed, opened and scrolled to stays; what cannot be changed so is loaded again.
 * One page of the browser listens for all, for a browser keeps few connections to one host. */
(function () {
  "use strict";
  var mine = document.currentScript.dataset.shop;
  var seen = mine;
  var wanted = mine;
  var served = null; /* the page as it was served last; null: not known */
  var renewing = false;
  var hidden = "";
  var box = null;
  var channel = window.BroadcastChannel && new BroadcastChannel("grosz-live");

  /* ---- mistakes ---- */

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

  /* ---- the page ---- */

  /* {shop, root}: which shop made the page that is served now, and the page without this script. */
  function ask_page() {
    var asked = { cache: "no-store", headers: { Accept: "text/html" } };
    return fetch(location.href, asked).then(function (answer) {
      return answer.text();
    }).then(function (text) {
      var root = new DOMParser().parseFromString(text, "text/html").documentElement;
      var own = root.querySelector("script[data-shop]");
      if (!own) return { shop: "", root: null };
      own.remove();
      root.normalize();
      return { shop: own.dataset.shop, root: root };
    });
  }
  /* Attributes, for a form's own names may be those of its fields. */
  function is_kin(a, b) {
    return a.nodeName === b.nodeName && (a.nodeType !== Node.ELEMENT_NODE
        || ["id", "name", "type", "rel"].every(function (n) { return a.getAttribute(n) === b.getAttribute(n); }));
  }
  /* The nodes of the page that these came from. Scripts have put others between them. */
  function find_live(live, was) {
    var rest = Array.from(live.childNodes);
    return Array.from(was.childNodes, function (w) {
      while (rest.length && !is_kin(rest[0], w)) rest.shift();
      if (!rest.length) throw new Error("not as it was served");
      return rest.shift();
    });
  }
  function change_attributes(live, was, now) {
    Array.from(was.attributes).forEach(function (a) {
      if (!now.hasAttribute(a.name)) live.removeAttribute(a.name);
    });
    Array.from(now.attributes).forEach(function (a) {
      if (was.getAttribute(a.name) !== a.value) live.setAttribute(a.name, a.value);
    });
  }
  /* Scripts of which nothing is known here. */
  function has_others(root) {
    return root.querySelector("script:not([src*='/form.'], [type$=json])");
  }
  /* What form.js holds on to. */
  function is_held(node) {
    var held = "form, script:not([type$=json]), [data-again]";
    return node.nodeType === Node.ELEMENT_NODE && (node.matches(held) || node.querySelector(held));
  }
  function put(live, now, before) {
    if (is_held(now)) throw new Error("a script has to see it");
    live.insertBefore(document.importNode(now, true), before);
  }
  function take_away(live) {
    if (is_held(live)) throw new Error("a script has to see it");
    live.remove();
  }
  /* What is the same at both ends stays; what lies between is changed one by one, or as a whole. */
  function change_children(live, was, now) {
    var l = find_live(live, was), w = was.childNodes, n = now.childNodes;
    var least = Math.min(w.length, n.length), same = 0, tail = 0;
    while (same < least && w[same].isEqualNode(n[same])) same++;
    while (tail < least - same && w[w.length - 1 - tail].isEqualNode(n[n.length - 1 - tail])) tail++;
    var wend = w.length - tail, nend = n.length - tail, i;
    if (wend === nend) {
      for (i = same; i < nend; i++) change(l[i], w[i], n[i]);
      return;
    }
    for (i = same; i < wend; i++) take_away(l[i]);
    for (i = same; i < nend; i++) put(live, n[i], l[wend] || null);
  }
  /* The old style holds until the new one is there. */
  function restyle(live, now) {
    var fresh = document.importNode(now, true);
    fresh.onload = fresh.onerror = function () { live.remove(); };
    live.before(fresh);
  }
  function change(live, was, now) {
    if (was.isEqualNode(now)) return;
    if (!is_kin(was, now)) {
      put(live.parentNode, now, live);
      take_away(live);
    } else if (was.nodeName === "SCRIPT" && !/json$/.test(was.type)) throw new Error("another script");
    else if (was.nodeName === "LINK" && now.rel === "stylesheet") restyle(live, now);
    else if (was.nodeType !== Node.ELEMENT_NODE) live.data = now.data;
    else {
      change_attributes(live, was, now);
      change_children(live, was, now);
    }
  }
  /* The address is the same; what lies there may not be. */
  function renew_pictures() {
    Array.from(document.images).forEach(function (img) {
      var address = img.src && new URL(img.src);
      if (!address || address.origin !== location.origin) return;
      address.searchParams.set("live", mine);
      img.src = address.href;
    });
  }
  function renew() {
    if (renewing) return;
    renewing = true;
    ask_page().then(function (now) {
      try {
        if (!served || !now.root || has_others(served)) throw new Error("not known");
        change(document.documentElement, served, now.root);
      } catch (e) {
        location.reload();
        return;
      }
      var before = mine;
      served = now.root;
      mine = now.shop;
      renewing = false;
      renew_pictures();
      if (wanted !== mine && mine !== before) renew();
    }, function () { renewing = false; });
  }

  /* ---- listening ---- */

  function take(state) {
    seen = state.now;
    wanted = state.shop;
    if (wanted !== mine) {
      hide();
      renew();
    } else if (!state.sentence) hide();
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
  ask_page().then(function (now) {
    if (now.shop === mine) served = now.root;
  }, function () {});
  if (!channel || !navigator.locks) {
    poll();
    return;
  }
  channel.onmessage = function (m) { take(m.data); };
  ask("now").then(take, function () {});
  navigator.locks.request("grosz-live", listen);
})();
