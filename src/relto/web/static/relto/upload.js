// Shows how far a large document has come while it is sent and sealed. Without this script the form works as well:
// it is sent by the browser itself, and the same page answers. Nothing of the document is kept or read here.
"use strict";

(function start() {
  const form = document.getElementById("seal");
  const panel = document.getElementById("progress");
  if (!form || !panel || !window.XMLHttpRequest || !window.FormData) {
    return;
  }
  const bar = document.getElementById("progress-bar");
  const words = document.getElementById("progress-words");
  const stop = document.getElementById("progress-stop");
  const send = form.querySelector("button[type=submit]");
  const MEGABYTE = 1000 * 1000;
  let said = -1;

  function megabytes(bytes) {
    return (bytes / MEGABYTE).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }) + " MB";
  }

  function say(text) {
    words.textContent = text;
  }

  function rest(text) {
    panel.hidden = !text;
    bar.hidden = true;
    stop.hidden = true;
    send.disabled = false;
    if (text) {
      say(text);
    }
  }

  // A screen reader hears every tenth, not every packet.
  function show(event) {
    if (!event.lengthComputable) {
      return;
    }
    const percent = Math.floor((event.loaded / event.total) * 100);
    bar.value = percent;
    const tenth = Math.floor(percent / 10);
    if (percent === 100) {
      say(panel.dataset.closing);
    } else if (tenth !== said) {
      said = tenth;
      const sent = panel.dataset.sending.replace("{sent}", megabytes(event.loaded));
      say(percent + " %: " + sent.replace("{total}", megabytes(event.total)));
    }
  }

  // What was wrong is shown in this page; what went well is the next page.
  function answered(request) {
    if (request.status < 300 && request.responseURL !== window.location.href) {
      window.location.assign(request.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = page.getElementById("main");
    if (!main) {
      rest(panel.dataset.broken);
      return;
    }
    document.title = page.title;
    document.getElementById("main").replaceWith(document.adoptNode(main));
    window.scrollTo(0, 0);
    const summary = document.querySelector(".govuk-error-summary");
    if (summary) {
      summary.tabIndex = -1;
      summary.focus();
    }
    start();
  }

  function submitted(event) {
    event.preventDefault();
    const request = new XMLHttpRequest();
    said = -1;
    panel.hidden = false;
    bar.hidden = false;
    stop.hidden = false;
    bar.value = 0;
    send.disabled = true;
    request.upload.addEventListener("progress", show);
    request.addEventListener("load", function () { answered(request); });
    request.addEventListener("error", function () { rest(panel.dataset.broken); });
    request.addEventListener("abort", function () { rest(panel.dataset.stopped); });
    stop.onclick = function () { request.abort(); };
    request.open("POST", form.action);
    request.send(new FormData(form));
  }

  form.addEventListener("submit", submitted);
})();
