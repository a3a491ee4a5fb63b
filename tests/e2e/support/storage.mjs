// Everything that a page's origin has stored, as one string to search in.

/** The contents of sessionStorage and of the storage that outlives the tab. */
export async function everythingStored(page) {
  const session = await page.evaluate(() => JSON.stringify({ ...sessionStorage }));
  return session + (await storedBeyondTheTab(page));
}

/** The contents of localStorage, IndexedDB and the caches, and the cookies for the page's URL. */
export async function storedBeyondTheTab(page) {
  const cookies = await page.context().cookies(page.url());
  const own = await page.evaluate(async () => {
    const records = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      for (const store of database.objectStoreNames) {
        const all = database.transaction(store).objectStore(store).getAll();
        records.push(await new Promise((resolve, reject) => {
          all.onsuccess = () => resolve(all.result);
          all.onerror = () => reject(all.error);
        }));
      }
      database.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) records.push(request.url, await (await cache.match(request)).text());
    }
    return JSON.stringify([{ ...localStorage }, records], (_, value) => (ArrayBuffer.isView(value) ? [...value] : value));
  });
  return own + JSON.stringify(cookies);
}

/** Tries to export each key on the device, and returns the outcomes. */
export function exportKeys(page) {
  return page.evaluate(async () => {
    const settled = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await settled(indexedDB.open("smartrust-device"));
    const stored = await settled(database.transaction("keys").objectStore("keys").getAll());
    database.close();
    const keys = stored.filter((value) => typeof value === "object").flatMap(({ privateKey, sealingKey }) => [...privateKey, sealingKey]);
    const outcomes = keys.flatMap((key) =>
      ["jwk", "pkcs8", "raw"].map((format) => crypto.subtle.exportKey(format, key).then(() => "exported", ({ name }) => name)),
    );
    return { count: keys.length, extractable: keys.some(({ extractable }) => extractable), outcomes: await Promise.all(outcomes) };
  });
}
