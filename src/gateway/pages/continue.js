// The tab the agent answered in offers its address to the tab the sign-in began in; if that one takes it, this one
// closes. Without an answer nothing changes: the buttons are here as well.
"use strict";
(() => {
  const transaction = document.querySelector("[data-transaction]").dataset.transaction;
  const channel = new BroadcastChannel("brama-login");
  channel.addEventListener("message", (event) => {
    const message = event.data;
    if (message && message.kind === "taken" && message.transaction === transaction) window.close();
  });
  channel.postMessage({ kind: "arrived", transaction, path: location.pathname });
})();
