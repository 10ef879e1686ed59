// Puts an editor in the place of every <textarea data-rich>, which stays the form's field: what is
// written goes into it at once, and the form is sent, saved and restored like any other.
//
// What may be in a text is decided on the server (champions/case_studies/rich.py); the schema here
// is the same, so that nobody writes what would be taken away.
import { Editor, Extension } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";
import { Table, TableKit } from "@tiptap/extension-table";

const SCHEMES = ["http:", "https:", "mailto:", "tel:"];
// A paste larger than this is a whole document with its pictures: it is refused before it is parsed.
const PASTE_MAX = 1_000_000;
// What the server adds to each link.
const REL = ' rel="nofollow noopener"';

const BUTTONS = [
  ["Heading", (e) => e.chain().focus().toggleHeading({ level: 3 }).run(), (e) => e.isActive("heading", { level: 3 })],
  ["Smaller heading", (e) => e.chain().focus().toggleHeading({ level: 4 }).run(), (e) => e.isActive("heading", { level: 4 })],
  ["Bold", (e) => e.chain().focus().toggleBold().run(), (e) => e.isActive("bold")],
  ["Italic", (e) => e.chain().focus().toggleItalic().run(), (e) => e.isActive("italic")],
  ["List", (e) => e.chain().focus().toggleBulletList().run(), (e) => e.isActive("bulletList")],
  ["Numbered list", (e) => e.chain().focus().toggleOrderedList().run(), (e) => e.isActive("orderedList")],
  ["Quote", (e) => e.chain().focus().toggleBlockquote().run(), (e) => e.isActive("blockquote")],
  ["Link", null, (e) => e.isActive("link")],
  ["Table", (e) => e.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run(), (e) => e.isActive("table")],
  ["Undo", (e) => e.chain().focus().undo().run(), null],
  ["Redo", (e) => e.chain().focus().redo().run(), null],
];
const IN_TABLE = [
  ["Add row", (e) => e.chain().focus().addRowAfter().run()],
  ["Delete row", (e) => e.chain().focus().deleteRow().run()],
  ["Add column", (e) => e.chain().focus().addColumnAfter().run()],
  ["Delete column", (e) => e.chain().focus().deleteColumn().run()],
  ["Delete table", (e) => e.chain().focus().deleteTable().run()],
];

// A table without widths: they would be styles that stand in the page.
const PlainTable = Table.extend({
  renderHTML: ({ HTMLAttributes }) => ["table", HTMLAttributes, ["tbody", 0]],
});
const WRITTEN_IN = /\s(?:style|on[a-z]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi;
// A sheet of styles, which Word puts before its words; and where a document's addresses begin.
const ABOUT_ALL = /<style\b[^]*?(?:<\/style[^>]*>|$)|<base\b[^>]*>/gi;
// What word processors mean by a style. Google Docs puts everything into a <b> that is not bold, and
// writes what is bold or italic as styles alone.
const MEANT = [
  [/mso-list:\s*ignore/i, "mark"],
  [/mso-list:\s*l\d/i, "item"],
  [/["';\s]font-weight:\s*(normal|400)\b/i, "plain"],
  [/["';\s]font-weight:\s*(bold|[6-9]00)\b/i, "strong"],
  [/["';\s]font-style:\s*italic/i, "em"],
];

/**
 * Take out what the page's policy reports as soon as it is parsed; remember what was meant by it.
 * @param {string} pasted
 */
function unstyled(pasted) {
  return pasted.replace(ABOUT_ALL, "").replace(/<[a-z][^>]*>/gi, (tag) =>
    tag.replace(WRITTEN_IN, (_, value) => {
      const meant = MEANT.filter(([style]) => style.test(value)).map(([, word]) => word);
      return meant.length ? ` data-meant="${meant.join(" ")}"` : "";
    }),
  );
}

/**
 * Make of what a word processor puts on the clipboard what it means: Word writes its lists as
 * paragraphs with a bullet or number of text before them.
 * @param {string} pasted
 */
function understood(pasted) {
  const page = new DOMParser().parseFromString(unstyled(pasted), "text/html");
  for (const gone of page.querySelectorAll("style, script, title, xml, meta, link")) gone.remove();
  for (const [from, to] of [["h1", "h3"], ["h2", "h3"], ["h5", "h4"], ["h6", "h4"]]) {
    for (const heading of page.querySelectorAll(from)) rename(page, heading, to);
  }
  for (const bold of page.querySelectorAll("b[data-meant~=plain]")) bold.replaceWith(...bold.childNodes);
  for (const name of ["strong", "em"]) {
    for (const span of page.querySelectorAll(`span[data-meant~=${name}]`)) {
      const marked = page.createElement(name);
      marked.append(...span.childNodes);
      span.append(marked);
    }
  }
  /** @type {Element | null} */
  let list = null;
  for (const item of page.querySelectorAll("p")) {
    if (!/MsoListParagraph/.test(item.className) && !item.matches("[data-meant~=item]")) {
      list = null;
      continue;
    }
    const mark = (item.textContent ?? "").trim().match(/^(?:[·•o§\-–]|\(?[0-9a-z]{1,3}[.)])\s*/i);
    const kind = mark && /[0-9a-z][.)]/i.test(mark[0]) ? "ol" : "ul";
    for (const one of item.querySelectorAll("[data-meant~=mark]")) one.remove();
    const before = item.previousElementSibling;
    if (!list || before !== list || list.localName !== kind) {
      list = page.createElement(kind);
      item.before(list);
    }
    const entry = page.createElement("li");
    entry.append(...item.childNodes);
    item.remove();
    list.append(entry);
  }
  return page.body.innerHTML;
}

/** @param {Document} page @param {Element} element @param {string} name */
function rename(page, element, name) {
  const renamed = page.createElement(name);
  renamed.append(...element.childNodes);
  element.replaceWith(renamed);
}

/** @param {string} given */
function asLink(given) {
  const written = given.trim();
  if (!written) return null;
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(written) ? written : written.includes("@") ? `mailto:${written}` : `https://${written}`;
  try {
    return SCHEMES.includes(new URL(whole).protocol) ? whole : null;
  } catch {
    return null;
  }
}

/** Make a line that is read out as soon as it says something. */
function alertLine() {
  const line = document.createElement("p");
  line.className = "nhsuk-error-message";
  line.setAttribute("role", "alert");
  line.hidden = true;
  return line;
}

/** @param {HTMLElement} line @param {string} words */
function tell(line, words) {
  if (line.textContent === words) return; // it would be read out once more
  line.textContent = words;
  line.hidden = words === "";
}

/** @param {HTMLTextAreaElement} area */
function edit(area) {
  const label = /** @type {HTMLLabelElement | null} */ (document.querySelector(`label[for="${area.id}"]`));
  const box = document.createElement("div");
  box.className = "portal-editor";
  const bar = document.createElement("div");
  bar.className = "portal-editor__bar";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", `Formatting: ${label?.textContent ?? ""}`);
  const page = document.createElement("div");
  page.className = "portal-rich portal-editor__page";
  const notice = alertLine();
  const tooLong = alertLine();
  const counted = document.createElement("p");
  counted.className = "nhsuk-hint portal-editor__count";
  counted.id = `${area.id}_count`;
  box.append(bar, page, counted, tooLong, notice);
  area.after(box);
  area.hidden = true;
  let ours = false;

  /** @param {string} words */
  const say = (words) => tell(notice, words);
  const most = Number(area.dataset.rich);

  /** Say how much there is of what there may be, counted as the server does. */
  function tally() {
    const links = area.value.split("<a ").length - 1;
    const length = area.value.replaceAll(REL, "").length + links * REL.length;
    counted.textContent = length === 0 ? "" : `${length.toLocaleString("en-GB")} of ${most.toLocaleString("en-GB")} characters, formatting counted`;
    counted.classList.toggle("portal-editor__count--over", length > most);
    tell(tooLong, length > most ? "Shorten this part: it has too many characters, and is not saved as it is." : "");
  }

  const described = [area.getAttribute("aria-describedby"), counted.id].filter(Boolean).join(" ");
  const editor = new Editor({
    element: page,
    content: unstyled(area.value),
    injectCSS: false, // the page's policy takes no style that stands in it
    extensions: [
      StarterKit.configure({
        heading: { levels: [3, 4] },
        code: false,
        codeBlock: false,
        horizontalRule: false,
        strike: false,
        underline: false,
        link: { openOnClick: false, autolink: true, protocols: ["mailto", "tel"], HTMLAttributes: { target: null, rel: null, class: null } },
      }),
      TableKit.configure({ table: false }),
      PlainTable.configure({ resizable: false }),
      Extension.create({
        // Tab leaves the editor, as everywhere on a page, unless it is in a list or a table.
        name: "leave",
        addKeyboardShortcuts: () => ({
          Escape: () => {
            /** @type {HTMLElement | null} */ (bar.querySelector("[tabindex='0']"))?.focus();
            return true;
          },
        }),
      }),
    ],
    editorProps: {
      attributes: {
        role: "textbox",
        "aria-multiline": "true",
        "aria-label": label?.textContent ?? "",
        "aria-describedby": described,
        ...(area.getAttribute("aria-invalid") ? { "aria-invalid": "true" } : {}),
        id: `${area.id}_editor`,
      },
      transformPastedHTML: understood,
      handleDOMEvents: {
        paste: (_, event) => {
          const given = event.clipboardData?.getData("text/html") || event.clipboardData?.getData("text/plain") || "";
          if (given.length <= PASTE_MAX) {
            say("");
            return false;
          }
          event.preventDefault();
          say(
            `What you pasted is too large (${(given.length / 1_000_000).toFixed(1)} MB; it may have ` +
              "1 MB). It was left out. Paste the text in parts, and add pictures on the next page.",
          );
          return true;
        },
      },
    },
    onUpdate: () => {
      ours = true;
      area.value = editor.isEmpty ? "" : editor.getHTML();
      tally();
      area.dispatchEvent(new Event("input", { bubbles: true }));
      ours = false;
    },
    onTransaction: () => refresh(),
  });
  if (label) {
    label.addEventListener("click", (event) => {
      event.preventDefault();
      editor.commands.focus();
    });
  }
  // The error summary links to the field.
  area.addEventListener("focus", () => editor.commands.focus());

  /** @type {[HTMLButtonElement, ((e: Editor) => boolean) | null][]} */
  const made = [];
  const tableBar = document.createElement("span");
  tableBar.className = "portal-editor__table";
  tableBar.hidden = true;

  /** @param {string} text @param {() => void} press */
  function button(text, press) {
    const one = document.createElement("button");
    one.type = "button";
    one.className = "portal-editor__button";
    one.textContent = text;
    one.tabIndex = -1;
    one.addEventListener("click", press);
    return one;
  }

  // The address of a link is asked for in the page itself.
  const asked = document.createElement("span");
  asked.className = "portal-editor__link";
  asked.hidden = true;
  const address = document.createElement("input");
  address.type = "text";
  address.className = "nhsuk-input";
  address.setAttribute("aria-label", "Address of the link; empty removes it");
  address.placeholder = "https://";
  // It belongs to no form: what is typed here is not sent.
  address.setAttribute("form", "");
  const set = button("Set link", () => setLink());
  set.tabIndex = 0;
  asked.append(address, set);
  address.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      setLink();
    } else if (event.key === "Escape") {
      asked.hidden = true;
      editor.commands.focus();
    }
  });
  function askLink() {
    asked.hidden = false;
    address.value = editor.getAttributes("link").href ?? "";
    address.focus();
  }
  function setLink() {
    const link = asLink(address.value);
    if (address.value.trim() && !link) {
      say("Enter the whole address of the link, like https://www.example.org");
      return;
    }
    say("");
    asked.hidden = true;
    const chain = editor.chain().focus().extendMarkRange("link");
    if (!link) chain.unsetLink().run();
    else if (editor.state.selection.empty && !editor.isActive("link")) {
      chain.insertContent({ type: "text", text: address.value.trim(), marks: [{ type: "link", attrs: { href: link } }] }).run();
    } else chain.setLink({ href: link }).run();
  }

  for (const [text, run, active] of BUTTONS) {
    const one = button(text, run ? () => run(editor) : askLink);
    if (active) one.setAttribute("aria-pressed", "false");
    made.push([one, active]);
    bar.append(one);
  }
  for (const [text, run] of IN_TABLE) tableBar.append(button(text, () => run(editor)));
  bar.append(tableBar, asked);
  made[0][0].tabIndex = 0;
  // One stop for Tab, arrows within, as of any toolbar.
  bar.addEventListener("keydown", (event) => {
    if (event.target === address || !["ArrowRight", "ArrowLeft", "Home", "End"].includes(event.key)) return;
    const all = [...bar.querySelectorAll("button")].filter((one) => one.offsetParent !== null);
    const at = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key] ?? 0;
    const next = all[(to + all.length) % all.length];
    for (const one of all) one.tabIndex = one === next ? 0 : -1;
    next.focus();
    event.preventDefault();
  });

  function refresh() {
    for (const [one, active] of made) {
      if (active) one.setAttribute("aria-pressed", String(active(editor)));
    }
    tableBar.hidden = !editor.isActive("table");
  }

  // What was kept on this device is put back into the field.
  area.form?.addEventListener("input", (event) => {
    if (ours || event.target !== area.form) return;
    editor.commands.setContent(unstyled(area.value), { emitUpdate: false });
    tally();
  });
  tally();
}

for (const area of document.querySelectorAll("textarea[data-rich]")) {
  // What was sent past the editor and refused for its length stays a plain text to cut down.
  if (area.value.length <= PASTE_MAX) edit(area);
}
