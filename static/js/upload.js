// Uploads the files of a <form data-upload> as soon as they are picked or dropped, one request each.
//
// Each goes to the form's action with the header `X-Upload: 1`. The answer is JSON:
//   200 {"html": "<li>…</li>"}   goes into the list [data-upload-list]
//   else {"error": "…"}          shown beside the file
// What can be told before sending is told at once, in the words the form brings along:
//   data-types="pdf docx"  data-wrong-type="The file ‘{name}’ …"
//   data-max-bytes="26214400"  data-too-large="The file ‘{name}’ …"
// The server decides in any case. Without JavaScript the form is sent as it is.

const AT_ONCE = 2;
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
    const request = new XMLHttpRequest();
    const cancel = rowButton("Cancel", file, () => {
      request.abort();
      const place = waiting.indexOf(start);
      if (place >= 0) {
        waiting.splice(place, 1);
        uploads -= 1;
      }
      leave(row, `${file.name} was not uploaded`);
    });
    row.append(progress, cancel);

    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress.value = event.loaded / event.total;
    });
    request.upload.addEventListener("load", () => {
      // All sent; now it is checked, and nobody knows for how long.
      progress.removeAttribute("value");
    });
    request.addEventListener("load", () => {
      const answer = read(request);
      if (request.status < 300 && answer.html) {
        list.insertAdjacentHTML("beforeend", answer.html);
        leave(row, `${file.name} is uploaded`);
        document.dispatchEvent(new Event("portal:used"));
      } else if (answer.error && request.status < 500) {
        refuse(row, file, answer.error);
      } else {
        fail(row, file, answer.error ?? wordsFor(request, file));
      }
    });
    request.addEventListener("error", () => {
      fail(row, file, `The file ‘${file.name}’ did not arrive. Check your connection and try again`);
    });
    request.addEventListener("loadend", () => {
      running -= 1;
      uploads -= 1;
      next();
    });

    function start() {
      running += 1;
      const body = new FormData(form);
      body.delete(input.name);
      body.append(input.name, file);
      request.open("POST", form.action);
      request.setRequestHeader("X-Upload", "1");
      request.setRequestHeader("Accept", "application/json");
      request.send(body);
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
 * @param {XMLHttpRequest} request
 * @returns {{html?: string, error?: string}}
 */
function read(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

/**
 * @param {XMLHttpRequest} request
 * @param {File} file
 */
function wordsFor(request, file) {
  if (request.responseURL.includes("/accounts/login/") || [401, 403].includes(request.status)) {
    return `The file ‘${file.name}’ was not uploaded because you are signed out. Sign in again`;
  }
  return `The file ‘${file.name}’ was not uploaded. Try again in a minute`;
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
