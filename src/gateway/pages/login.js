// Tells how the sign-in in the other tab is going. It never completes anything: the way back is the other tab's own
// address, which this page only follows, in the same browser, when that tab says it has arrived.
"use strict";
(() => {
  const login = document.getElementById("login");
  const button = document.getElementById("agent");
  const steps = document.getElementById("steps");
  const absent = document.getElementById("absent");
  const order = ["waiting", "asked", "ready"];
  const show = (id, on) => { document.getElementById(id).hidden = !on; };
  let polling = 0;
  let clicked = 0;

  const step = (name) => {
    steps.hidden = false;
    const now = order.indexOf(name);
    for (const item of steps.children) {
      const place = order.indexOf(item.dataset.step);
      item.className = place < now ? "past" : place === now ? "now" : "";
    }
  };

  const poll = async (round) => {
    while (round === polling) {
      let status;
      try {
        const answer = await fetch(login.dataset.status, { credentials: "same-origin", cache: "no-store" });
        status = await answer.json();
      } catch {
        status = { state: "waiting" };
      }
      if (round !== polling) return;
      if (status.state === "waiting") {
        step("waiting");
        // The agent answers within a second or two; longer means that it is not there.
        if (Date.now() - clicked > 4000) absent.open = true;
      } else if (status.state === "asked" || status.state === "ready") {
        absent.open = false;
        show("refusal", false);
        step(status.state);
      } else if (status.state === "refused") {
        steps.hidden = true;
        document.getElementById("refusal-what").textContent = status.what;
        document.getElementById("refusal-next").textContent = status.next;
        document.getElementById("refusal-incident").textContent = status.incident;
        show("refusal", true);
      } else {
        steps.hidden = true;
        show(status.state === "done" ? "done" : "gone", true);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
  };

  button.addEventListener("click", (event) => {
    // A small window beside this page: if nobody answers there, the help here stays in sight. Without an opener,
    // because whoever holds the agent's port must not reach this page; without a script the link opens a tab.
    event.preventDefault();
    window.open(button.href, "_blank", "noopener,popup,width=560,height=480");
    clicked = Date.now();
    polling += 1;
    show("refusal", false);
    document.getElementById("refused-before")?.remove();
    absent.open = false;
    step("waiting");
    poll(polling);
  });

  const channel = new BroadcastChannel("brama-login");
  channel.addEventListener("message", (event) => {
    const message = event.data;
    if (!message || message.transaction !== login.dataset.transaction || message.kind !== "arrived") return;
    // Only a completion address of this very origin is followed.
    if (typeof message.path !== "string" || !/^\/c\/[A-Za-z0-9_-]{43}$/.test(message.path)) return;
    channel.postMessage({ kind: "taken", transaction: message.transaction });
    polling += 1;
    location.assign(message.path);
  });
})();
