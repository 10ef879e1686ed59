// Warns two minutes before a session ends for want of use, and keeps it going if asked to.

const WARNING = 120_000;
const LOOK_EVERY = 5_000;
const TYPED_IN = "main form[method=post] :is(textarea, input[type=text])";
const KEPT = " What you typed is kept on this device.";
const STILL_THERE =
  " What you typed is still on the page behind this. Send it as usual: you are asked to sign in, and " +
  "find it there again.";

/** @param {HTMLElement} body Has data-session-expires-in (seconds) when somebody is signed in. */
export function warnBeforeSignOut(body) {
  const { sessionExpiresIn, sessionExtend } = body.dataset;
  if (!sessionExpiresIn || !sessionExtend) return;
  let lasts = Number(sessionExpiresIn) * 1000;
  let ends = 0;
  let over = false;
  const others = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
  const { dialog, heading, words, stay, leave, signIn } = build();

  /** @param {boolean} [tell] */
  function used(tell = true) {
    ends = Date.now() + lasts;
    if (dialog.open && !over) dialog.close();
    // The other tabs are the same session.
    if (tell) others?.postMessage(ends);
  }

  function look() {
    const left = ends - Date.now();
    if (left > WARNING || over) return;
    if (!dialog.open) dialog.showModal();
    if (left > 0) {
      const minutes = Math.ceil(left / 60_000);
      const text = `For your security you will be signed out in ${minutes === 1 ? "1 minute" : `${minutes} minutes`}.`;
      if (words.textContent !== text) words.textContent = text;
      return;
    }
    over = true;
    // A form that saves itself keeps a copy on the device; any other the server keeps once it is
    // sent, which needs the page behind this.
    const savesItself = document.querySelector("form[data-autosave]");
    const canWrite = !savesItself && document.querySelector(TYPED_IN);
    words.textContent = `You have been signed out.${savesItself ? KEPT : canWrite ? STILL_THERE : ""}`;
    heading.textContent = "You were away for a while";
    stay.textContent = "Back to the page";
    stay.hidden = !canWrite;
    leave.hidden = true;
    signIn.hidden = Boolean(canWrite);
    (canWrite ? stay : signIn).focus();
  }

  stay.addEventListener("click", async () => {
    if (over) {
      dialog.close();
      return;
    }
    try {
      const answer = await fetch(sessionExtend, { headers: { Accept: "application/json" }, redirect: "manual" });
      if (answer.ok) {
        lasts = (await answer.json()).expires_in * 1000;
        used();
        return;
      }
      ends = 0;
    } catch {
      words.textContent = "There is no connection. Try again.";
      return;
    }
    look();
  });
  leave.addEventListener("click", () => {
    const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-sign-out]"));
    form?.requestSubmit();
  });
  dialog.addEventListener("cancel", (event) => {
    // Escape is an answer too: whoever presses it is there.
    event.preventDefault();
    if (!stay.hidden) stay.click();
  });
  others?.addEventListener("message", (event) => {
    if (over || event.data <= ends) return;
    ends = event.data;
    if (dialog.open) dialog.close();
  });
  document.addEventListener("portal:used", () => used());
  used();
  // Looked at often, not timed once: a computer that slept wakes up late.
  window.setInterval(look, LOOK_EVERY);
}

function build() {
  const dialog = document.createElement("dialog");
  dialog.className = "portal-dialog";
  dialog.setAttribute("aria-labelledby", "session-heading");
  dialog.setAttribute("aria-describedby", "session-words");
  const heading = document.createElement("h2");
  heading.className = "nhsuk-heading-m";
  heading.id = "session-heading";
  heading.textContent = "Are you still there?";
  const words = document.createElement("p");
  words.id = "session-words";
  words.setAttribute("role", "status");
  const stay = document.createElement("button");
  stay.type = "button";
  stay.className = "nhsuk-button";
  stay.textContent = "Stay signed in";
  const leave = document.createElement("button");
  leave.type = "button";
  leave.className = "nhsuk-button nhsuk-button--secondary";
  leave.textContent = "Sign out";
  const signIn = document.createElement("a");
  signIn.className = "nhsuk-button";
  signIn.href = `/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`;
  signIn.textContent = "Sign in again";
  signIn.hidden = true;
  const buttons = document.createElement("div");
  buttons.className = "nhsuk-button-group";
  buttons.append(stay, leave, signIn);
  dialog.append(heading, words, buttons);
  document.body.append(dialog);
  return { dialog, heading, words, stay, leave, signIn };
}
