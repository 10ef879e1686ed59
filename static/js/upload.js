// Uploads the files of a <form data-upload> as soon as they are picked or dropped, one request each.
//
// Each goes to the form's action with the header `X-Upload: 1`. The answer is JSON:
//   200 {"html": "<li>…</li>"}   goes into the list [data-upload-list]
//   else {"error": "…"}          shown beside the file
// What can be told before sending is told at once, in the words the form brings along:
//   data-types="pdf docx"  data-wrong-type="The file ‘{name}’ …"
//   data-max-bytes="26214400"  data-too-large="The file ‘{name}’ …"
// A large file goes in parts to data-resumable, by the tus protocol, and an upload that was cut off
// goes on where it was. The server decides in any case. Without JavaScript the form is sent as it is.

const AT_ONCE = 2;
const RESUMABLE_FROM = 2 * 1024 * 1024;
const PART_BYTES = 2 * 1024 * 1024;
// Milliseconds until the next attempt; from the beginning again after each part that arrives.
const RETRY_AFTER = [500, 1000, 2000, 5000, 10000, 20000, 30000, 60000, 60000, 60000];
let uploads = 0;

/** @param {HTMLFormElement} form */
export function uploadAtOnce(form) {
  const input = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=file]"));
  const list = form.querySelector("[data-upload-list]") ?? document.querySelector("[data-upload-list]");
  if (!input || !list) return;
  /** @type {(() => void)[]} */
  const waiting = [];
  let running = 0;

  const rows = document.createElement("ul");
  rows.className = "portal-files";
  rows.hidden = true;
  const news = document.createElement("p");
  news.className = "nhsuk-u-visually-hidden";
  news.setAttribute("role", "status");
  (input.closest(".nhsuk-form-group") ?? input).after(rows, news);
  for (const button of form.querySelectorAll("button[type=submit]")) button.hidden = true;

  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    if (files.length === 0) return;
    for (const file of files) add(file);
    input.value = "";
  });

  /** @param {File} file */
  function add(file) {
    const row = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = file.name;
    row.append(name);
    rows.append(row);
    rows.hidden = false;
    const wrong = wrongWith(file, form.dataset);
    if (wrong) {
      refuse(row, file, wrong);
      return;
    }
    const progress = document.createElement("progress");
    progress.className = "portal-upload__progress";
    progress.max = 1;
    progress.value = 0;
    progress.setAttribute("aria-label", `Uploading ${file.name}`);
    const state = document.createElement("p");
    state.className = "portal-upload__state";
    state.hidden = true;
    /** @type {() => void} */
    let stop = () => {};
    const cancel = rowButton("Cancel", file, () => {
      stop();
      const place = waiting.indexOf(start);
      if (place >= 0) {
        waiting.splice(place, 1);
        uploads -= 1;
      }
      leave(row, `${file.name} was not uploaded`);
    });
    row.append(progress, cancel, state);

    /** @param {string} text */
    function say(text) {
      if (state.textContent === text) return;
      state.textContent = news.textContent = text;
      state.hidden = text === "";
    }

    function start() {
      running += 1;
      const send = form.dataset.resumable && file.size >= RESUMABLE_FROM ? sendInParts : sendAtOnce;
      stop = send(form, input, file, {
        arrived(part) {
          say("");
          progress.value = part;
        },
        checking() {
          // All sent; now it is checked, and nobody knows for how long.
          progress.removeAttribute("value");
        },
        lost() {
          say("The connection is lost. The upload goes on by itself when it is back");
        },
        answered(answer) {
          if (answer.html) {
            list.insertAdjacentHTML("beforeend", answer.html);
            leave(row, `${file.name} is uploaded`);
            document.dispatchEvent(new Event("portal:used"));
          } else if (answer.error && !answer.again) {
            refuse(row, file, answer.error);
          } else {
            fail(row, file, answer.error ?? `The file ‘${file.name}’ was not uploaded. Try again in a minute`);
          }
        },
        ended() {
          running -= 1;
          uploads -= 1;
          next();
        },
      });
    }
    uploads += 1;
    waiting.push(start);
    next();
  }

  function next() {
    while (running < AT_ONCE && waiting.length > 0) waiting.shift()?.();
  }

  /**
   * Say that a file cannot be used: trying again would not help.
   * @param {HTMLElement} row
   * @param {File} file
   * @param {string} text
   */
  function refuse(row, file, text) {
    const error = document.createElement("p");
    error.className = "portal-upload__error";
    error.textContent = text;
    row.replaceChildren(/** @type {Node} */ (row.firstChild));
    row.append(rowButton("Dismiss", file, () => leave(row, "")), error);
    news.textContent = text;
  }

  /**
   * Say that a file was not uploaded, with a way to try again.
   * @param {HTMLElement} row
   * @param {File} file
   * @param {string} text
   */
  function fail(row, file, text) {
    refuse(row, file, text);
    row.querySelector("button")?.before(
      rowButton("Try again", file, () => {
        leave(row, "");
        add(file);
      }),
    );
  }

  /**
   * @param {HTMLElement} row
   * @param {string} text
   */
  function leave(row, text) {
    const focused = row.contains(document.activeElement);
    row.remove();
    rows.hidden = rows.children.length === 0;
    news.textContent = text;
    if (focused) /** @type {HTMLElement} */ (form.querySelector("button:not([hidden])") ?? input).focus();
  }
}

window.addEventListener("beforeunload", (event) => {
  if (uploads > 0) event.preventDefault();
});

/**
 * @param {File} file
 * @param {DOMStringMap} limits
 * @returns {string} what is wrong with it; nothing, as far as can be told here, when empty
 */
function wrongWith(file, limits) {
  const ending = file.name.includes(".") ? (file.name.split(".").pop() ?? "").toLowerCase() : "";
  if (limits.types && limits.wrongType && !limits.types.split(/[\s,]+/).includes(ending)) {
    return limits.wrongType.replace("{name}", file.name);
  }
  if (limits.maxBytes && limits.tooLarge && file.size > Number(limits.maxBytes)) {
    return limits.tooLarge.replace("{name}", file.name);
  }
  return "";
}

/**
 * What happens to a file on its way. `again` says that trying once more may help.
 * @typedef {object} Watcher
 * @property {(part: number) => void} arrived
 * @property {() => void} checking
 * @property {() => void} lost
 * @property {(answer: {html?: string, error?: string, again?: boolean}) => void} answered
 * @property {() => void} ended
 */

/**
 * Send a file with the form it was picked in, in one go.
 * @param {HTMLFormElement} form
 * @param {HTMLInputElement} input
 * @param {File} file
 * @param {Watcher} watcher
 * @returns {() => void} what stops it
 */
function sendAtOnce(form, input, file, watcher) {
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) watcher.arrived(event.loaded / event.total);
  });
  request.upload.addEventListener("load", watcher.checking);
  request.addEventListener("load", () => {
    watcher.answered(read(request.status, request.responseText, request.responseURL, file));
  });
  request.addEventListener("error", () => watcher.answered(notArrived(file)));
  request.addEventListener("loadend", watcher.ended);
  const body = new FormData(form);
  body.delete(input.name);
  body.append(input.name, file);
  request.open("POST", form.action);
  request.setRequestHeader("X-Upload", "1");
  request.setRequestHeader("Accept", "application/json");
  request.send(body);
  return () => request.abort();
}

/**
 * Send a large file in parts by the tus protocol; what has arrived is not sent again, not even
 * after a reload, when the same file is picked once more.
 * @param {HTMLFormElement} form
 * @param {HTMLInputElement} input
 * @param {File} file
 * @param {Watcher} watcher
 * @returns {() => void} what stops it, and has the portal forget it
 */
function sendInParts(form, input, file, watcher) {
  const token = /** @type {HTMLInputElement} */ (form.querySelector("[name=csrfmiddlewaretoken]"));
  const headers = { "X-CSRFToken": token.value, Accept: "application/json" };
  let stopped = false;
  /** @type {any} */
  let upload = null;

  async function forget() {
    for (const known of await upload.findPreviousUploads()) {
      await upload.options.urlStorage.removeUpload(known.urlStorageKey);
    }
  }

  /** @param {{html?: string, error?: string, again?: boolean}} answer */
  async function end(answer) {
    if (stopped) return;
    stopped = true;
    if (!answer.again) await forget();
    watcher.answered(answer);
    watcher.ended();
  }

  async function finish() {
    if (stopped) return;
    watcher.checking();
    try {
      const answer = await fetch(`${upload.url}finish/`, { method: "POST", headers });
      await end(read(answer.status, await answer.text(), answer.url, file));
    } catch {
      await end(notArrived(file));
    }
  }

  async function begin() {
    await import("./tus.min.js");
    if (stopped) return;
    // @ts-ignore: the library puts itself there
    upload = new window.tus.Upload(file, {
      endpoint: form.dataset.resumable,
      metadata: { filename: file.name },
      headers,
      chunkSize: PART_BYTES,
      overridePatchMethod: true,
      retryDelays: RETRY_AFTER,
      onProgress: (/** @type {number} */ sent, /** @type {number} */ all) => watcher.arrived(sent / all),
      onShouldRetry(/** @type {any} */ error) {
        const status = error.originalResponse?.getStatus() ?? 0;
        const goesOn = status === 0 || status >= 500 || status === 409;
        if (goesOn) watcher.lost();
        return goesOn;
      },
      onError(/** @type {any} */ error) {
        const answer = error.originalResponse;
        if (!answer) return void end(notArrived(file));
        const url = answer.getUnderlyingObject()?.responseURL ?? "";
        return void end(read(answer.getStatus(), answer.getBody(), url, file));
      },
      onSuccess: () => void finish(),
    });
    const [known] = await upload.findPreviousUploads();
    if (stopped) return;
    if (known) upload.resumeFromPreviousUpload(known);
    upload.start();
  }

  begin().catch(() => end(notArrived(file)));
  return () => {
    if (stopped) return;
    stopped = true;
    watcher.ended();
    if (!upload) return;
    upload.abort();
    forget();
    if (upload.url) {
      const gone = { ...headers, "Tus-Resumable": "1.0.0", "X-HTTP-Method-Override": "DELETE" };
      // If this does not arrive either, the portal forgets the upload by itself after a day.
      fetch(upload.url, { method: "POST", headers: gone, keepalive: true }).catch(() => {});
    }
  };
}

/**
 * @param {number} status
 * @param {string} text
 * @param {string} url where the answer came from
 * @param {File} file
 * @returns {{html?: string, error?: string, again?: boolean}}
 */
function read(status, text, url, file) {
  let answer = {};
  try {
    answer = JSON.parse(text);
  } catch {
    // A page instead of an answer: the sign-in, or an error.
  }
  const isNoAnswer = !("html" in answer) && !("error" in answer);
  if (isNoAnswer && (url.includes("/accounts/login/") || [401, 403].includes(status))) {
    const error = `The file ‘${file.name}’ was not uploaded because you are signed out. Sign in again`;
    return { error, again: true };
  }
  return { ...answer, again: isNoAnswer || status >= 500 || status === 429 };
}

/** @param {File} file */
function notArrived(file) {
  const error = `The file ‘${file.name}’ did not arrive. Check your connection and try again`;
  return { error, again: true };
}

/**
 * @param {string} text
 * @param {File} file
 * @param {() => void} press
 */
function rowButton(text, file, press) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "nhsuk-button nhsuk-button--secondary nhsuk-button--small";
  const about = document.createElement("span");
  about.className = "nhsuk-u-visually-hidden";
  about.textContent = ` ${file.name}`;
  button.append(text, about);
  button.addEventListener("click", press);
  return button;
}
