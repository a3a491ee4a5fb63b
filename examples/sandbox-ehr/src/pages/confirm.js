// Turns an item grey without a round trip; without this script the form does the same by being sent.
for (const button of document.querySelectorAll("button[name=toggle]")) {
  button.type = "button";
  button.addEventListener("click", () => {
    const isAllowed = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!isAllowed));
    button.parentElement.querySelector("input[name=denied]").disabled = !isAllowed;
  });
}
