// The page of an extension. The browser opens the authorization server in a window, and returns the URL of the redirect.

import { SmartApp } from "smartrust";
import { summaryOf } from "./app.js";
import { settings } from "./settings.js";

const app = new SmartApp({ ...settings, redirectUri: chrome.identity.getRedirectURL() });
const connect = document.querySelector("button");
const output = document.querySelector("output");

async function signIn() {
  const url = await app.authorizationUrl();
  const redirect = await chrome.identity.launchWebAuthFlow({ url, interactive: true });
  // resume() reads the redirect from the page's URL.
  history.replaceState(null, "", new URL(redirect).search);
  return app.resume();
}

async function show(session) {
  output.textContent = session && (await summaryOf(session));
  connect.hidden = session !== null;
}

connect.addEventListener("click", async () => show(await signIn()));
show(await app.resume());
