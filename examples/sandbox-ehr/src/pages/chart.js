// Opens an app in a window of its own, inside the click, as a browser demands.
for (const button of document.querySelectorAll("button[data-popup]")) {
  button.addEventListener("click", () => window.open(button.dataset.popup, "_blank", "popup,width=1100,height=850"));
}
