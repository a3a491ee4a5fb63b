// The history of a tab.

/** The URLs in the page's history, including the current one, for which `matches` returns true. */
export async function historyUrls(page, matches) {
  const devtools = await page.context().newCDPSession(page);
  const { entries } = await devtools.send("Page.getNavigationHistory");
  return entries.map(({ url }) => url).filter((url) => URL.canParse(url) && matches(url));
}
