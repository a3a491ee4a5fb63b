// The standalone launch and the EHR launch, from the first click to the record.

import { Chart } from "../pages/chart.mjs";
import { Launcher } from "../pages/launcher.mjs";
import { Portal } from "../pages/portal.mjs";
import { ehr, patientLogin, providerLogin } from "./servers.mjs";

/** A patient connects the launcher, whose base URL is `home`, to the portal, and denies the kinds of data in `deny`. */
export async function connectAsPatient(page, { deny = [], home } = {}) {
  const launcher = new Launcher(page, home);
  await launcher.connect();
  await confirmAtPortal(page, { deny });
  await launcher.waitForRecord();
  return launcher;
}

/** A patient logs in at the portal, unless already logged in, denies some kinds of data, and allows the rest. */
export async function confirmAtPortal(page, { deny = [], isLoggedIn = false } = {}) {
  const portal = new Portal(page);
  if (!isLoggedIn) await portal.logIn(patientLogin);
  for (const kind of deny) await portal.deny(kind);
  await portal.allow();
}

/** A provider logs in and opens the chart of the patient at `index` in the list. Returns the chart and the text of the link. */
export async function openChart(page, index) {
  const chart = new Chart(page);
  await chart.logIn(providerLogin);
  const name = await chart.openPatient(index);
  return { chart, name };
}

/** Signs a patient in to the launcher, but intercepts the redirect. Returns its URL. */
export async function interceptCallback(page) {
  let url;
  const confirmation = `${ehr}/oauth/confirm`;
  await page.route(confirmation, async (route) => {
    const response = await route.fetch({ maxRedirects: 0 });
    url = response.headers().location;
    await route.fulfill({ contentType: "text/html", body: "caught" });
  });
  await new Launcher(page).connect();
  await confirmAtPortal(page);
  await page.getByText("caught", { exact: true }).waitFor();
  await page.unroute(confirmation);
  return url;
}
