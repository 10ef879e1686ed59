// Says before the first paint that scripts run here, so that nothing jumps when they do.
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
}
