// The addresses that a tab remembers.

/** The addresses in the page's history, the present one included, for which `holds` is true. */
export async function historyUrls(page, holds) {
  const devtools = await page.context().newCDPSession(page);
  const { entries } = await devtools.send("Page.getNavigationHistory");
  return entries.map(({ url }) => url).filter((url) => URL.canParse(url) && holds(url));
}
