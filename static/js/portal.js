// Starts the design system's components and ours on whatever page is open.
import {
  Button,
  CharacterCount,
  Checkboxes,
  ErrorSummary,
  Header,
  NotificationBanner,
  PasswordInput,
  Radios,
  SkipLink,
  createAll,
} from "./nhsuk-frontend.min.js";
import { forgetTyped, saveByItself } from "./autosave.js";
import { warnBeforeSignOut } from "./session.js";
import { uploadAtOnce } from "./upload.js";

const components = [
  Button,
  CharacterCount,
  Checkboxes,
  ErrorSummary,
  Header,
  NotificationBanner,
  PasswordInput,
  Radios,
  SkipLink,
];
for (const component of components) createAll(component);

for (const form of document.querySelectorAll("form[data-autosave]")) saveByItself(form);
for (const form of document.querySelectorAll("form[data-upload]")) uploadAtOnce(form);
for (const form of document.querySelectorAll("form[data-sign-out]")) {
  form.addEventListener("submit", forgetTyped);
}
warnBeforeSignOut(document.body);
