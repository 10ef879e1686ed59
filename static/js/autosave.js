// Saves a <form data-autosave> while somebody types, and keeps a copy on the device until it is saved.
//
// The form is sent to its own action with the header `X-Autosave: 1`. The answer is JSON:
//   200 {"saved_at": "14:02", "version": 3}   saved; `version` goes into the form's hidden field
//   409 {"conflict": "/…"}                    somebody else has changed it meanwhile
//   409 {"refused": "…"}                      it cannot be changed any more, and why
//   422 {"errors": {"title": ["…"]}}          not saved, and why; 413 likewise, where it is too much
// An answer that leads to the sign-in, 401 or 403 means that nobody is signed in any more.

const QUIET = 2_000; // milliseconds after the last keystroke
const AT_LATEST = 20_000; // while somebody types on and on
const RETRY = [5_000, 10_000, 20_000, 40_000, 60_000];
const KEPT_FOR = 7 * 24 * 60 * 60 * 1000;
const PREFIX = "typed:";
const NEVER_KEPT = new Set(["csrfmiddlewaretoken", "version"]);

/** @typedef {{fields: [string, string][], at: number, version: string, sent: boolean}} Copy */

let forgotten = false; // an answer that comes after signing out must not keep a copy again

/** Forget every copy on this device: somebody signs out, and others may use it. */
export function forgetTyped() {
  forgotten = true;
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX)) localStorage.removeItem(key);
    }
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/**
 * What somebody has filled in: names and values, without files and passwords.
 * @param {HTMLFormElement} form
 * @returns {[string, string][]}
 */
function typedIn(form) {
  const secret = new Set(
    [...form.querySelectorAll("input[type=password]")].map((input) => input.name),
  );
  return [...new FormData(form)].filter(
    ([name, value]) => typeof value === "string" && !NEVER_KEPT.has(name) && !secret.has(name),
  );
}

/**
 * The same text, whatever the line ends and the spaces around it.
 * @param {[string, string][]} fields
 */
function comparable(fields) {
  return JSON.stringify(fields.map(([name, value]) => [name, value.replace(/\r\n?/g, "\n").trim()]));
}

/**
 * Put kept values back into the form.
 * @param {HTMLFormElement} form
 * @param {[string, string][]} fields
 */
function putBack(form, fields) {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  for (const element of form.elements) {
    if (!element.name || NEVER_KEPT.has(element.name)) continue;
    const given = values.get(element.name) ?? [];
    if (element.type === "checkbox" || element.type === "radio") {
      element.checked = given.includes(element.value);
    } else if (element instanceof HTMLSelectElement) {
      for (const option of element.options) option.selected = given.includes(option.value);
    } else if (!["file", "password", "hidden", "submit", "button"].includes(element.type)) {
      element.value = given.shift() ?? "";
    }
  }
}

/** @param {HTMLFormElement} form */
export function saveByItself(form) {
  const key = `${PREFIX}${document.body.dataset.user ?? ""}:${location.pathname}:${form.id}`;
  const version = /** @type {HTMLInputElement | null} */ (form.querySelector("[name=version]"));
  const status = statusOf(form);
  /** @type {number | undefined} */
  let timer;
  let changes = 0; // counts what was typed
  let saved = 0; // how much of it the server has
  let typingSince = 0;
  let failures = 0;
  let saving = false;
  let stopped = false;
  let leaving = false;

  /** @returns {Copy | null} */
  function copy() {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }

  /** @param {boolean} sent */
  function keepCopy(sent) {
    if (forgotten) return;
    try {
      const kept = { fields: typedIn(form), at: Date.now(), version: version?.value ?? "", sent };
      localStorage.setItem(key, JSON.stringify(kept));
    } catch {
      // Full or switched off: the server still gets it.
    }
  }

  function dropCopy() {
    try {
      localStorage.removeItem(key);
    } catch {
      // There is none.
    }
  }

  /**
   * @param {string} text
   * @param {boolean} [wrong]
   * @param {HTMLElement} [action]
   */
  function say(text, wrong = false, action) {
    status.classList.toggle("portal-autosave--wrong", wrong);
    status.replaceChildren(text, ...(action ? [" ", action] : []));
  }

  function typed() {
    changes += 1;
    forgotten = false; // whoever types on has stayed
    keepCopy(false);
    if (stopped) return;
    typingSince ||= Date.now();
    const wait = Math.min(QUIET, Math.max(0, typingSince + AT_LATEST - Date.now()));
    later(wait);
  }

  /** @param {number} milliseconds */
  function later(milliseconds) {
    clearTimeout(timer);
    timer = window.setTimeout(save, milliseconds);
  }

  /** @param {boolean} [last] Whether the page may be about to go away. */
  async function save(last = false) {
    if (stopped || leaving || saving || saved === changes) return;
    clearTimeout(timer);
    saving = true;
    typingSince = 0;
    const sending = changes;
    const body = new URLSearchParams([...new FormData(form)].filter(([, v]) => typeof v === "string"));
    if (!last) say("Saving…");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body,
        headers: { "X-Autosave": "1", Accept: "application/json" },
        credentials: "same-origin",
        redirect: "manual",
        // Browsers carry at most 64 KB past the end of a page.
        keepalive: last && body.toString().length < 60_000,
      });
      await heard(answer, sending);
    } catch {
      failed();
    } finally {
      saving = false;
    }
    if (saved !== changes && !stopped && failures === 0) later(QUIET);
  }

  /**
   * @param {Response} answer
   * @param {number} sending
   */
  async function heard(answer, sending) {
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      stopped = true;
      const link = document.createElement("a");
      link.href = `/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`;
      link.textContent = "Sign in again to carry on.";
      say("You are signed out. What you typed is kept on this device.", true, link);
      return;
    }
    if (answer.status === 409) {
      stopped = true;
      const { refused = "" } = await answer.json().catch(() => ({}));
      if (refused) {
        say(`Not saved: ${refused} What you typed is still here: copy what you need of it.`, true);
        return;
      }
      const button = document.createElement("button");
      button.type = "submit";
      button.className = "nhsuk-button nhsuk-button--secondary nhsuk-button--small";
      button.textContent = "See both versions";
      say("Somebody else has changed this meanwhile, so what you typed is not saved yet.", true, button);
      return;
    }
    if (answer.status === 422 || answer.status === 413) {
      // Typing on may put it right, and is tried again then; trying the same again cannot.
      const { errors = {} } = await answer.json();
      saved = sending;
      failures = 0;
      say(`Not saved: ${Object.values(errors).flat().join("; ")}`, true);
      return;
    }
    if (!answer.ok) {
      failed();
      return;
    }
    const done = await answer.json();
    if (version && done.version !== undefined) version.value = done.version;
    saved = sending;
    failures = 0;
    if (saved === changes) dropCopy();
    else keepCopy(false);
    say(`Saved ${done.saved_at}`);
    document.dispatchEvent(new Event("portal:used"));
  }

  function failed() {
    say("Not saved, retrying", true);
    later(RETRY[Math.min(failures, RETRY.length - 1)]);
    failures += 1;
  }

  function offerCopy() {
    const kept = copy();
    if (!kept) return;
    const asSaved = comparable(kept.fields) === comparable(typedIn(form));
    const arrived = kept.sent && version !== null && version.value !== kept.version;
    if (asSaved || arrived || Date.now() - kept.at > KEPT_FOR) {
      dropCopy();
      return;
    }
    const offer = document.createElement("section");
    offer.className = "portal-restore";
    offer.setAttribute("aria-label", "What you typed before");
    const words = document.createElement("p");
    const when = new Date(kept.at).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" });
    words.textContent = `On ${when} you typed something here that was not saved.`;
    const buttons = document.createElement("div");
    buttons.className = "nhsuk-button-group";
    buttons.append(
      button("Bring back what you typed", "nhsuk-button", () => {
        putBack(form, kept.fields);
        offer.remove();
        form.dispatchEvent(new Event("input", { bubbles: true }));
        /** @type {HTMLElement | null} */ (form.querySelector("input:not([type=hidden]), textarea, select"))?.focus();
      }),
      button("Discard", "nhsuk-button nhsuk-button--secondary", () => {
        dropCopy();
        offer.remove();
        status.focus();
      }),
    );
    offer.append(words, buttons);
    form.before(offer);
  }

  form.addEventListener("input", typed);
  form.addEventListener("change", (event) => {
    if (/** @type {HTMLInputElement} */ (event.target).type !== "file") typed();
  });
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
    if (changes > 0 || stopped) keepCopy(true);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save(true);
  });
  window.addEventListener("online", () => later(0));
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) leaving = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (saved !== changes && !leaving) event.preventDefault();
  });
  offerCopy();
}

/**
 * @param {string} text
 * @param {string} classes
 * @param {() => void} press
 */
function button(text, classes, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = classes;
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}

/**
 * The line that says whether what was typed is saved.
 * @param {HTMLFormElement} form
 * @returns {HTMLElement}
 */
function statusOf(form) {
  let status = /** @type {HTMLElement | null} */ (form.querySelector("[data-autosave-status]"));
  if (!status) {
    status = document.createElement("p");
    const send = form.querySelector("button[type=submit]");
    if (send) (send.closest(".nhsuk-button-group") ?? send).before(status);
    else form.append(status);
  }
  status.classList.add("portal-autosave");
  status.setAttribute("aria-live", "polite");
  status.tabIndex = -1;
  return status;
}
